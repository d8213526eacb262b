import { LayercastError } from '../../base/errors.js';
import { systemClock } from '../../base/system-clock.js';
import { createReceiver } from '../../create-receiver.js';
import { RECEIVER_OPTIONS } from '../../options/receiver-options.js';
import { detailOf } from '../detail.js';
import { FetchDisplay } from '../display/fetch-display.js';
import { interruptible } from '../interrupt.js';
import { leaveStandardOutput, printEvent } from '../json/print-event.js';
import { type Flags, settleWithFile } from '../settings.js';
import { mayOutputBlock, workHere } from '../this-thread.js';
import { watching } from '../watching.js';
import { readTrustedKey } from './trusted-key.js';

/** `layercast fetch FLEET/OBJECT`: runs a receiver, and shows its events on stderr or prints them as JSON on stdout. */
export async function runFetch(what: string, flags: Flags): Promise<void> {
  const settings = await settleWithFile(RECEIVER_OPTIONS, flags, process.env);
  for (const flag of ['sha256', 'insecure']) {
    if (flags[flag] !== undefined) throw missing(`--${flag} is only for iotupd://`, SIGNED);
  }
  const { key: keyPath, output } = settings;
  const { fleet, object } = splitName(what);
  if (keyPath === undefined) throw missing("missing --key (the fleet's public key)", 'Add --key layercast.pub');
  if (output === undefined) throw missing('missing -o FILE', 'Name the file to write with -o FILE');
  if (output === '-' && flags.device !== true) leaveStandardOutput();
  const target = flags.device === true ? { device: output } : output;
  const key = await readTrustedKey(keyPath);
  const detail = detailOf(flags);
  // Only JSON needs the declarations of events.
  const json = flags.json ? await import('../json/fetch-events.js') : undefined;
  const watched = await watching(flags, async () => {
    const { ReceiverMetrics } = await import('../../metrics/receiver-metrics.js');
    const { ReceiverView } = await import('../../page/receiver-view.js');
    return { figures: new ReceiverMetrics(), view: new ReceiverView() };
  });
  await interruptible(async (signal) => {
    const clock = mayOutputBlock() ? undefined : workHere(systemClock);
    await using receiver = createReceiver({ ...settings, fleet, object, key, output: target, signal, clock });
    watched?.figures.follow(receiver, { fleet, object });
    watched?.view.follow(receiver, { fleet, object });
    json?.tellPrograms(receiver, printEvent);
    using display = json === undefined ? new FetchDisplay(process.stderr, what, detail) : undefined;
    display?.follow(receiver);
    try {
      await using _ = await watched?.show();
      await receiver.done;
    } catch (error) {
      // The error of a signal does not say how much of the object is kept, so the display says it.
      if (signal.aborted) display?.sayKept();
      throw error;
    }
  });
}

const SIGNED = 'Leave it out: an object of a fleet is signed';

/** An object's name may hold `/`; a fleet's does not. */
function splitName(what: string): { readonly fleet: string; readonly object: string } {
  const slash = what.indexOf('/');
  if (slash > 0 && slash < what.length - 1) return { fleet: what.slice(0, slash), object: what.slice(slash + 1) };
  throw new LayercastError('USAGE', `"${what}" does not name an object`, {
    hint: 'Say FLEET/OBJECT, such as acme/firmware',
  });
}

function missing(message: string, hint: string): LayercastError {
  return new LayercastError('USAGE', message, { hint });
}
