import { dateText } from '../../base/date-text.js';
import { describedOptions } from '../../events/description.js';
import type { FieldsOf } from '../../events/event-types.js';
import type { listedObject } from '../../events/listed-object.js';
import { rateOf } from '../../rate/ladder/ladder.js';
import type { Announcement } from '../../retrieve/directory.js';
import { addressFromBytes } from '../../wire/address.js';

/** A line of `list --json` (docs/events.md). */
export function listedFields({ descriptor, sources, genuine }: Announcement): FieldsOf<typeof listedObject> {
  const { fleet, object, version, sizeBytes, symbolBytes, mode, ssm, sha256, channels, servers } = descriptor;
  const { createdS, expiresS } = descriptor;
  return {
    fleet,
    object,
    version,
    bytes: sizeBytes,
    symbolBytes,
    sha256: Buffer.from(sha256).toString('hex'),
    mode,
    ssm,
    channels: channels.map(({ group, port, intervalUs, startRatio }, channel) => ({
      channel,
      group: addressFromBytes(group),
      port,
      rateBitsPerSecond: Math.round(rateOf(intervalUs, symbolBytes)),
      pktDelayUs: intervalUs,
      offset: startRatio,
    })),
    servers: servers.map(({ name, address }) => ({
      server: name,
      address: address === undefined ? null : addressFromBytes(address),
    })),
    created: dateText(createdS),
    expires: expiresS === undefined ? null : dateText(expiresS),
    sources,
    ...describedOptions(descriptor),
    genuine: genuine ?? null,
  };
}
