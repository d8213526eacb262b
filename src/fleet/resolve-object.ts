import { IP_AND_UDP_BYTES } from '../base/limits.js';
import { intervalUs, rateOf } from '../rate/ladder/ladder.js';
import { channelName, groupOf, librecastGroup, parseGroup } from '../wire/address.js';
import { deltaName } from '../wire/delta.js';
import type { ChannelEntry } from './channel-schema.js';
import type { FleetChannel, FleetDelta, FleetFrames, FleetObject, FleetOrigin, Trigger } from './fleet.js';
import { ladderRates } from './ladder-rates.js';
import type { FramesEntry, ObjectEntry } from './object-schema.js';
import type { OriginEntry } from './origin-schema.js';
import { type Resolving, withVariables } from './resolving.js';

/** An object that a fleet file describes, with its channels and those of its delta. */
export function resolveObject(resolving: Resolving, name: string, entry: ObjectEntry): FleetObject {
  const channels = channelEntries(resolving, name, entry);
  return {
    name,
    ...contentOf(resolving, entry),
    version: entry.version,
    code: entry.code,
    mode: entry.mode,
    expiresAfterUs: entry.expires,
    compatible: entry.compatible,
    schedule: entry.schedule,
    contentKeyPath: contentKeyOf(resolving, entry),
    channels: channels.map((channel, index) => channelOf(resolving, name, channel, index, entry)),
    ...(entry.deltaFrom === undefined ? {} : { delta: deltaOf(resolving, name, entry, entry.deltaFrom, channels) }),
    ...(entry.origin === undefined ? {} : { origin: originOf(resolving, entry.origin) }),
    ...(entry.iotupd === undefined ? {} : { iotupd: framesOf(resolving, name, entry.iotupd, entry.trigger) }),
  };
}

/** The schema sees to it that exactly one of `file` and `dir` is there. */
function contentOf(resolving: Resolving, { file, dir }: ObjectEntry): Pick<FleetObject, 'filePath' | 'content'> {
  if (file === '-') return { filePath: '-', content: 'pipe' };
  return { filePath: resolving.place(dir ?? file ?? ''), content: dir === undefined ? 'file' : 'tree' };
}

function contentKeyOf(resolving: Resolving, { contentKey }: ObjectEntry): string | undefined {
  if (contentKey === false) return undefined;
  return resolving.placeIfAny(withVariables(contentKey ?? resolving.file.contentKey));
}

/** The channels of an object. A ladder has one at the rate of each level, or at each step between levels, so that they add up. */
function channelEntries(
  resolving: Resolving,
  name: string,
  { ladder, channels, mode }: ObjectEntry,
): readonly ChannelEntry[] {
  if (ladder === undefined) return channels ?? [];
  const { rates, faults } = ladderRates(ladder, mode, resolving.source, ['objects', name, 'ladder']);
  resolving.addFaults(faults);
  return rates.map((rate) => ({ rate }));
}

function channelOf(
  resolving: Resolving,
  object: string,
  entry: ChannelEntry,
  index: number,
  ofObject: Pick<ObjectEntry, 'burst' | 'trigger'>,
): FleetChannel {
  const { file, hopLimit } = resolving;
  const { scope, hash, ssm, symbolBytes } = file;
  const { rate, pktDelay, group } = entry;
  const interval = pktDelay ?? intervalUs(rate as number, symbolBytes);
  const path = ['objects', object, 'channels', index, 'group'];
  return {
    index,
    group:
      group === undefined
        ? groupOf(channelName(file.fleet, object, index), { scope, hash, ssm })
        : resolving.attempt((text) => parseGroup(text, { ssm }), group, path),
    port: entry.port ?? file.port,
    intervalUs: interval,
    rateBitsPerSecond: rate ?? rateOf(interval, symbolBytes),
    offset: entry.offset,
    burstUs: entry.burst ?? ofObject.burst ?? file.burst,
    hopLimit: entry.hopLimit ?? hopLimit,
    dscp: entry.dscp ?? file.dscp,
    ...triggerOf(entry.trigger ?? ofObject.trigger),
  };
}

/** The same channels as those of the object, in groups of their own. */
function deltaOf(
  resolving: Resolving,
  name: string,
  object: ObjectEntry,
  deltaFrom: readonly string[],
  channels: readonly ChannelEntry[],
): FleetDelta {
  const own = channels.map(({ group: _, offset: _start, ...channel }) => channel);
  return {
    fromPaths: deltaFrom.map((path) => resolving.place(path)),
    channels: own.map((channel, index) => channelOf(resolving, deltaName(name), channel, index, object)),
  };
}

function originOf(resolving: Resolving, { url, every, maxSize, s3 }: OriginEntry): FleetOrigin {
  const signature = s3 && { region: s3.region, credentialsPath: resolving.placeIfAny(s3.credentials) };
  return { url, everyUs: every, maxBytes: maxSize, s3: signature };
}

function framesOf(resolving: Resolving, object: string, entry: FramesEntry, trigger: Trigger): FleetFrames {
  const { group, name, rate, frame, hash } = entry;
  const path = ['objects', object, 'iotupd', 'group'];
  return {
    group:
      group === undefined
        ? librecastGroup(name as string, hash)
        : resolving.attempt((text) => parseGroup(text, { ssm: false }), group, path),
    port: entry.port,
    frameBytes: frame,
    hash,
    intervalUs: ((frame + IP_AND_UDP_BYTES) * 8e6) / rate,
    rateBitsPerSecond: rate,
    hopLimit: entry.hopLimit ?? resolving.hopLimit,
    dscp: entry.dscp ?? resolving.file.dscp,
    ...triggerOf(trigger),
  };
}

/** `none` is said only to overrule the object's. */
function triggerOf(trigger: Trigger): Pick<FleetChannel, 'trigger'> {
  return trigger === 'none' ? {} : { trigger };
}
