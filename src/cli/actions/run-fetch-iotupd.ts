import { LayercastError } from '../../base/errors.js';
import { systemClock } from '../../base/system-clock.js';
import { IotupdEngine } from '../../engine/iotupd-engine.js';
import { systemNetworkOn } from '../../net/system-network.js';
import { groupsOfChannels, parseIotupdAddress } from '../../options/iotupd-address.js';
import { keyOf, longFlagOf } from '../../options/option.js';
import { outputKindOf } from '../../options/output-target.js';
import { RECEIVER_OPTIONS } from '../../options/receiver-options.js';
import { IOTUPD_OPTIONS } from '../command-options.js';
import { detailOf } from '../detail.js';
import { IotupdDisplay } from '../display/iotupd-display.js';
import { interruptible } from '../interrupt.js';
import { printEvent } from '../json/print-event.js';
import { type Flags, settle, settleWithFile } from '../settings.js';

/** Options of `fetch` that say nothing about a file of iotupd, and why. */
const USELESS = {
  key: 'iotupd signs nothing; use --sha256',
  contentKey: 'iotupd encrypts nothing',
  mode: 'iotupd has no ladder',
  maxRateBitsPerSecond: 'iotupd has no ladder',
  caution: 'iotupd has no ladder',
  compatible: 'frames do not say which devices a file is for',
  scope: 'name the group, or the channel of Librecast, whose scope is global',
  port: 'write iotupd://[GROUP]:PORT',
  seeds: 'frames do not say which bytes of an older file are the same',
  fill: 'frames do not name blocks',
  domain: 'frames do not say which fleet they are of',
  hash: 'a name is looked for by both hashes of Librecast',
  allowRollback: 'frames have no version',
  allowExpired: 'frames have no date',
} as const satisfies Partial<Record<keyof typeof RECEIVER_OPTIONS, string>>;

/** `layercast fetch iotupd://…`: receives a file from servers of iotupd. */
export async function runFetchIotupd(what: string, flags: Flags): Promise<void> {
  const address = parseIotupdAddress(what);
  for (const [name, why] of Object.entries(USELESS)) {
    const { flag } = RECEIVER_OPTIONS[name as keyof typeof USELESS];
    if (flags[keyOf(flag)] === undefined) continue;
    throw usage(`${longFlagOf(flag)} has no effect on iotupd://`, `Leave it out: ${why}`);
  }
  if (flags.metrics !== undefined)
    throw usage('--metrics has no effect on iotupd://', 'Leave it out; --json has the counts');
  const settings = await settleWithFile(RECEIVER_OPTIONS, flags, process.env);
  const { sha256, insecure } = settle(IOTUPD_OPTIONS, flags, process.env);
  if (sha256 === undefined && !insecure) {
    throw usage('iotupd signs nothing: no file from it can be trusted by itself', PROOF);
  }
  if (sha256 !== undefined && insecure) throw usage('found both --sha256 and --insecure', PROOF);
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/i.test(sha256)) {
    throw usage(`--sha256: not a SHA-256, found ${JSON.stringify(sha256)}`, 'allowed: 64 hexadecimal digits');
  }
  const { output, channels, interface: name, wait, timeoutMs, patienceMs, stateDir } = settings;
  if (output === undefined) throw usage('missing -o FILE', 'Name the file to write with -o FILE');
  if (outputKindOf(output).kind !== 'file') throw usage(`${JSON.stringify(output)} is not a file`, ONLY_FILES);
  const detail = detailOf(flags);
  if (detail === 'verbose') throw usage('--verbose has no effect on iotupd://', 'Leave it out: iotupd has no ladder');
  const json = flags.json ? await import('../json/iotupd-events.js') : undefined;
  await interruptible(async (signal) => {
    using display = json === undefined ? new IotupdDisplay(process.stderr, what, detail === 'quiet') : undefined;
    const engine = new IotupdEngine(
      {
        groups: groupsOfChannels(address, channels),
        port: address.port,
        output,
        sha256: sha256?.toLowerCase(),
        interface: name,
        wait,
        timeoutMs,
        patienceMs,
        stateDir,
      },
      {
        clock: systemClock,
        network: systemNetworkOn(systemClock),
        emit: (event, fields) =>
          json === undefined ? display?.show(event, fields) : json.tell(event, fields, printEvent),
      },
    );
    try {
      await engine.run(signal);
    } catch (error) {
      // The error of a signal does not say how much of the file is kept, so the display says it.
      if (signal.aborted) display?.sayKept();
      throw error;
    }
  });
}

const ONLY_FILES = 'Name a file with -o: what comes from iotupd is proven only as a whole';
const PROOF = 'Give the SHA-256 that the file must have with --sha256, or take any file with --insecure';

function usage(message: string, hint: string): LayercastError {
  return new LayercastError('USAGE', message, { hint });
}
