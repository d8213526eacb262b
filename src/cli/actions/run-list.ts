import { dateText } from '../../base/date-text.js';
import { LayercastError } from '../../base/errors.js';
import { systemClock } from '../../base/system-clock.js';
import { DURATION, formatQuantity, rateText, SIZE } from '../../base/units.js';
import { readKeyText } from '../../config/read-text.js';
import { awaitInterface } from '../../net/interfaces/interfaces.js';
import { systemNetworkOn } from '../../net/system-network.js';
import { cumulativeRates, rateOf } from '../../rate/ladder/ladder.js';
import type { TrustSource } from '../../receiver/watch/fleet-trusts.js';
import { type Announcement, listen } from '../../retrieve/directory.js';
import { anchorOfKey } from '../../trust/anchor.js';
import { anchorFrom } from '../../trust/read-anchor.js';
import { isRootText } from '../../trust/root-armour.js';
import { readRootText } from '../../trust/root-text.js';
import { announcementName, DIRECTORY_NAME, groupOf } from '../../wire/address.js';
import type { Descriptor } from '../../wire/descriptor.js';
import { publicKeyFrom } from '../../wire/signature.js';
import { LIST_OPTIONS } from '../command-options.js';
import { listeningText } from '../display/listening-text.js';
import { clip } from '../display/table.js';
import { windowsText } from '../display/windows-text.js';
import { interruptible } from '../interrupt.js';
import { listedFields } from '../json/listed-object.js';
import { type Flags, settleWithFile } from '../settings.js';

/** `layercast list`: prints on stdout what is announced. If nothing is, it throws `NOBODY_SENDING`, so that scripts notice. */
export async function runList(fleet: string | undefined, flags: Flags): Promise<void> {
  const settings = await settleWithFile(LIST_OPTIONS, flags, process.env);
  const { key: keyPath, scope, port, hash, interface: interfaceName } = settings;
  const waitUs = settings.waitMs * 1000;
  const trust = keyPath === undefined ? undefined : await trustFrom(keyPath);
  const group = groupOf(fleet === undefined ? DIRECTORY_NAME : announcementName(fleet), { scope, hash, ssm: false });
  const world = { clock: systemClock, network: systemNetworkOn(systemClock) };
  const { announcements, request } = await interruptible(async (signal) => {
    const { name } = await awaitInterface(interfaceName, { wait: false, signal });
    const request = { group, port, sources: [], interface: name };
    if (process.stderr.isTTY) process.stderr.write(`${listeningText({ ...request, forUs: waitUs })}\n`);
    return { request, announcements: await listen(request, systemClock.nowUs() + waitUs, trust, world, signal) };
  });
  if (announcements.length === 0) {
    const what = fleet === undefined ? 'nothing' : `nothing of fleet ${fleet}`;
    const where = `scope ${scope}, port ${port}, on ${request.interface}`;
    throw new LayercastError(
      'NOBODY_SENDING',
      `${what} was announced within ${formatQuantity(DURATION, waitUs)}, ${where}`,
      {
        hint: `Listen longer with --wait, or elsewhere with --scope, --port and --interface${fleet === undefined ? '' : '; "layercast list" shows all fleets'}`,
      },
    );
  }
  for (const announcement of announcements) {
    process.stdout.write(
      flags.json ? `${JSON.stringify(listedFields(announcement))}\n` : `${textOf(announcement).join('\n')}\n`,
    );
  }
}

/** A public key counts for any fleet, a root for its own. */
async function trustFrom(path: string): Promise<TrustSource> {
  const text = await readKeyText(path);
  if (!isRootText(text)) {
    const key = publicKeyFrom(text, path);
    return { anchorOf: (fleet) => anchorOfKey(fleet, key) };
  }
  const anchor = anchorFrom(text, readRootText(text, path).versions[0]?.root.fleet ?? '', path);
  return { anchorOf: (fleet) => (fleet === anchor.root.fleet ? anchor : undefined) };
}

function textOf({ descriptor, sources, genuine }: Announcement): readonly string[] {
  const { fleet, object, version, sizeBytes, servers, expiresS, tree, schedule } = descriptor;
  const signature = genuine === undefined ? '' : genuine ? ', signed by this key' : ', NOT signed by this key';
  const kind = tree === undefined ? '' : ', a folder';
  const expires = expiresS === undefined ? '' : `, expires ${dateText(expiresS)}`;
  return [
    `${fleet}/${object}`,
    `  version ${version}, ${formatQuantity(SIZE, sizeBytes)}${kind}${signature}${expires}`,
    `  ${ladderText(descriptor)}`,
    ...(schedule === undefined ? [] : [`  ${windowsText(schedule)}`]),
    `  servers ${servers.map(({ name }) => name).join(', ')}; heard from ${sources.join(', ')}`,
  ].map((line) => clip(line, 79));
}

function ladderText(descriptor: Descriptor): string {
  const { mode, channels } = descriptor;
  const levels = mode === 'several' ? cumulativeRates(ratesOf(descriptor)) : ratesOf(descriptor);
  const shown = levels.map((rate) => rateText(rate));
  const list = shown.length <= 4 ? shown.join(', ') : `${shown[0]} to ${shown.at(-1)}`;
  return `${channels.length} channel${channels.length === 1 ? '' : 's'}, ${mode === 'several' ? 'layered' : 'each complete'}: ${list}`;
}

function ratesOf({ channels, symbolBytes }: Descriptor): readonly number[] {
  return channels.map(({ intervalUs }) => rateOf(intervalUs, symbolBytes));
}
