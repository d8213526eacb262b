import { LayercastError } from '../../base/errors.js';
import { readKeyText } from '../../config/read-text.js';
import { createReceiver } from '../../create-receiver.js';
import { publicKeyFrom } from '../../wire/signature.js';
import { FetchDisplay } from '../display/fetch-display.js';
import { interruptible } from '../interrupt.js';
import { tellPrograms } from '../json/fetch-events.js';
import { printEvent } from '../json/print-event.js';
import { type ReceiverFlags, receiverSettings, SETTINGS, settle } from '../settings.js';

export interface FetchFlags extends ReceiverFlags {
  readonly patience?: string;
  readonly allowRollback?: boolean;
  readonly allowExpired?: boolean;
  /** False for `--no-wait`. */
  readonly wait?: boolean;
  readonly json?: boolean;
}

/** `layercast fetch FLEET/OBJECT`: a receiver whose events are told on stderr, or on stdout as JSON. */
export async function runFetch(what: string, flags: FetchFlags): Promise<void> {
  const settings = await receiverSettings(flags, process.env);
  const { keyPath, outputPath } = settings;
  const { fleet, object } = splitName(what);
  if (keyPath === undefined) throw missing("missing --key (the fleet's public key)", 'Add --key layercast.pub');
  if (outputPath === undefined) throw missing('missing -o FILE', 'Name the file to write with -o FILE');
  const key = publicKeyFrom(await readKeyText(keyPath), keyPath);
  await interruptible(async (signal) => {
    await using receiver = createReceiver({
      fleet,
      object,
      key,
      output: outputPath,
      interface: settings.interface,
      wait: flags.wait,
      scope: settings.scope,
      port: settings.port,
      hash: settings.hash,
      mode: settings.mode,
      channels: settings.channels,
      maxRateBitsPerSecond: settings.maxRateBitsPerSecond,
      timeoutMs: inMilliseconds(settings.timeoutUs),
      patienceMs: inMilliseconds(settle(SETTINGS.patience, flags.patience, process.env)),
      allowRollback: flags.allowRollback,
      allowExpired: flags.allowExpired,
      stateDir: settings.statePath,
      signal,
    });
    if (flags.json) {
      tellPrograms(receiver, printEvent);
      await receiver.done;
      return;
    }
    using display = new FetchDisplay(process.stderr, what);
    display.follow(receiver);
    try {
      await receiver.done;
    } catch (error) {
      // Other errors say so themselves.
      if (signal.aborted) display.sayKept();
      throw error;
    }
  });
}

function inMilliseconds(us: number | undefined): number | undefined {
  return us === undefined ? undefined : us / 1000;
}

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
