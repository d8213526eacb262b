import { HEADER_BYTES } from '../../../dist/base/limits.js';
import { FaultCounters } from '../../../dist/receiver/counters.js';
import { DescriptorInbox } from '../../../dist/receiver/watch/descriptor-inbox.js';
import type { InboxOptions } from '../../../dist/receiver/watch/record-judge.js';
import type { ObjectPlan } from '../../../dist/simulate/index.js';
import { anchorOfKey } from '../../../dist/trust/anchor.js';
import { recordDatagrams } from '../../../dist/wire/fragments.js';
import { newHeader, readHeader } from '../../../dist/wire/header.js';
import { Bed } from '../../transfer/bed.js';

export const bed = new Bed('inbox');
/** A version of the object that `inboxOf` wants. */
export const version = (number: number, plan: Partial<ObjectPlan> = {}) =>
  bed.object(2, { version: number, content: bed.bytes(2000, `version ${number}`), ...plan });

/** Addresses by source id; the network does not know other sources. */
const addresses = ['fd00::1', 'fd00::2'];

/** An inbox that trusts the key of `bed`, and ways to have it hear records. */
export function inboxOf(options: Partial<InboxOptions> = {}) {
  const faults = new FaultCounters();
  const defaults = { fleet: 'fleet', object: 'object', lowestVersionOf: () => 0, acceptExpired: false };
  const inbox = new DescriptorInbox(
    { trust: { anchorOf: (fleet) => anchorOfKey(fleet, bed.keys.publicKey) }, ...defaults, ...options },
    faults,
    (sourceId) => addresses[sourceId],
  );
  const header = newHeader();
  const hear = (record: Uint8Array, nowUs = 0, wallS = 1.8e9, sourceId?: number, flags = 0) => {
    const findings = recordDatagrams(record, 0, 255).map((datagram) => {
      readHeader(datagram, 0, datagram.length, header);
      header.flags = flags;
      return inbox.handle(header, datagram, HEADER_BYTES, datagram.length - HEADER_BYTES, nowUs, wallS, sourceId);
    });
    return findings.at(-1);
  };
  const recall = (record: Uint8Array, wallS = 1.8e9, announcedBy?: string) =>
    inbox.recall(record, 0, wallS, announcedBy);
  return { hear, recall, faults, inbox };
}
