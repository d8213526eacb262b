import { createReceiver, type Receiver } from '../create-receiver.js';
import { LayercastError } from '../errors.js';
import { readText } from '../fleet/read-text.js';
import { addressFromBytes } from '../wire/address.js';
import { publicKeyFrom } from '../wire/signature.js';
import { FetchDisplay } from './fetch-display.js';
import { interruptible } from './interrupt.js';
import { type ReceiverFlags, receiverSettings, SETTINGS, settle } from './settings.js';

export interface FetchFlags extends ReceiverFlags {
  readonly patience?: string;
  readonly allowRollback?: boolean;
  readonly allowExpired?: boolean;
  readonly json?: boolean;
}

/** `layercast fetch FLEET/OBJECT`: a receiver whose events are told on stderr, or on stdout as JSON. */
export async function runFetch(what: string, flags: FetchFlags): Promise<void> {
  const settings = await receiverSettings(flags, process.env);
  const { keyPath, outputPath } = settings;
  const { fleet, object } = splitName(what);
  if (keyPath === undefined) throw missing('whose key?', "Name the fleet's public key with --key layercast.pub");
  if (outputPath === undefined) throw missing('which file?', 'Name the file to make with -o FILE');
  const key = publicKeyFrom(await readText(keyPath), keyPath);
  await interruptible(async (signal) => {
    await using receiver = createReceiver({
      fleet,
      object,
      key,
      output: outputPath,
      interface: settings.interface,
      scope: settings.scope,
      port: settings.port,
      hash: settings.hash,
      mode: settings.mode,
      channels: settings.channels,
      maxRateBitsPerSecond: settings.maxRateBitsPerSecond,
      timeoutUs: settings.timeoutUs,
      patienceUs: settle(SETTINGS.patience, flags.patience, process.env),
      allowRollback: flags.allowRollback,
      allowExpired: flags.allowExpired,
      stateDir: settings.statePath,
      signal,
    });
    if (flags.json) {
      tellPrograms(receiver);
      await receiver.done;
      return;
    }
    using display = new FetchDisplay(process.stderr, what);
    display.follow(receiver);
    await receiver.done;
  });
}

function tellPrograms(receiver: Receiver): void {
  receiver.on('descriptor', ({ descriptor, resumedBytes }) => {
    const { fleet, object, version, sizeBytes, symbolBytes, blockCount, mode, sha256, channels, servers } = descriptor;
    print('descriptor', {
      fleet,
      object,
      version,
      bytes: sizeBytes,
      symbolBytes,
      blockCount,
      mode,
      sha256: Buffer.from(sha256).toString('hex'),
      channels: channels.map(({ group, port, intervalUs }, channel) => ({
        channel,
        group: addressFromBytes(group),
        port,
        intervalUs,
      })),
      servers: servers.map(({ name }) => name),
      resumedBytes,
    });
  });
  for (const name of ['join', 'leave'] as const) {
    // One join hears any server where it is not source-specific.
    receiver.on(name, (event) => print(name, { ...event, server: event.server ?? null }));
  }
  for (const name of ['progress', 'warning', 'complete'] as const) {
    receiver.on(name, (event: object) => print(name, event));
  }
}

function print(event: string, fields: object): void {
  process.stdout.write(`${JSON.stringify({ event, ...fields })}\n`);
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
