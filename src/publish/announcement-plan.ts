import { DIGEST_BYTES, HEADER_BYTES } from '../base/limits.js';
import type { Fleet, FleetObject, FleetServer } from '../fleet/fleet.js';
import { geometryOf } from '../object/geometry.js';
import { announceRoundUs, packetBytes } from '../sender/announce/announce-pace.js';
import type { AnnouncementPlan } from '../sender/announce/announcements.js';
import { MAX_ANNOUNCE_INTERVAL_US, MIN_ANNOUNCE_INTERVAL_US, packDescriptor } from '../wire/descriptor.js';
import { FRAGMENT_BYTES } from '../wire/fragments.js';
import { signatureBytes } from '../wire/signature.js';
import { describeContent } from './records/describe.js';
import type { Station } from './station.js';

/** People read the directory of all fleets, and they can wait longer than receivers. */
const DIRECTORY_SLOWDOWN = 3;
/** How much slower than the announce interval: the fleet's announcement channel, and the directory. */
const SLOWDOWNS = [1, DIRECTORY_SLOWDOWN] as const;

/** Time and rate of the announcements of one server. */
export interface PlannedAnnouncements {
  /** Each object is announced once in this time. */
  readonly roundUs: number;
  /** Whole IPv6 packets, on the fleet's announcement channel and in the directory. */
  readonly rateBitsPerSecond: number;
}

/** Where and how fast a server announces. */
export function announcementPlanOf({
  fleet,
  server,
  interface: interfaceName,
}: Omit<Station, 'key'>): AnnouncementPlan {
  const rest = {
    hopLimit: server.hopLimit ?? fleet.hopLimit,
    dscp: server.dscp ?? fleet.dscp,
    interface: interfaceName,
    source: server.address,
  };
  const [announcement, directory] = SLOWDOWNS;
  return {
    targets: [
      { destination: { ...fleet.announcement, ...rest }, slowdown: announcement },
      { destination: { ...fleet.directory, ...rest }, slowdown: directory },
    ],
    pace: paceOf(fleet),
  };
}

/** Time and rate of a server's announcements if it sends all its objects. Some bytes of each object are estimated. */
export function plannedAnnouncements(fleet: Fleet, server: FleetServer): PlannedAnnouncements {
  const objects = fleet.objects.filter(({ name }) => server.objects?.includes(name) ?? true);
  const objectBytes = objects.reduce((sum, object) => sum + announcementBytes(fleet, object), 0);
  const roundBytes = objectBytes + (fleet.rootPath === undefined ? 0 : proofBytes(objects));
  const roundUs = announceRoundUs(paceOf(fleet), roundBytes, SLOWDOWNS);
  const share = SLOWDOWNS.reduce((sum, slowdown) => sum + 1 / slowdown, 0);
  return { roundUs, rateBitsPerSecond: (roundBytes * 8e6 * share) / roundUs };
}

/**
 * The longest time between two announcements of an object by one server, as descriptors give it. It follows from the fleet file
 * alone, so that it is the same on all servers and where records are signed.
 */
export function announceIntervalOf(fleet: Fleet): number {
  const known = intervals.get(fleet);
  if (known !== undefined) return known;
  const longestUs = Math.max(...fleet.servers.map((server) => plannedAnnouncements(fleet, server).roundUs));
  const intervalUs = Math.min(MAX_ANNOUNCE_INTERVAL_US, Math.max(MIN_ANNOUNCE_INTERVAL_US, Math.ceil(longestUs)));
  intervals.set(fleet, intervalUs);
  return intervalUs;
}

/** Kept for each fleet, because each object's descriptor needs the interval, and computing it takes all objects. */
const intervals = new WeakMap<Fleet, number>();

function paceOf(fleet: Fleet) {
  return { intervalUs: fleet.announceIntervalUs, rateBitsPerSecond: fleet.announceRateBitsPerSecond };
}

/**
 * Bytes of the packets of the roots and the catalogue in one round, estimated: the newest root and an earlier one with a datagram each, and 60
 * bytes of the catalogue for each object.
 */
function proofBytes(objects: readonly FleetObject[]): number {
  const catalogueBytes = 256 + 60 * objects.length;
  const datagramCount = 2 + Math.ceil(catalogueBytes / FRAGMENT_BYTES);
  return 2 * FRAGMENT_BYTES + catalogueBytes + datagramCount * packetBytes(HEADER_BYTES);
}

/**
 * Bytes of the packets of an object's announcement. Digests have one length for any content, and so do keys, which all servers have or could
 * have; numbers differ by some bytes.
 */
function announcementBytes(fleet: Fleet, object: FleetObject): number {
  const geometry = geometryOf(fleet.symbolBytes, fleet.symbolBytes, 1);
  const digest = new Uint8Array(DIGEST_BYTES);
  const content = { geometry, sha256: digest, blockDigests: digest };
  const publicKeys = new Map(fleet.servers.map(({ index }) => [index, digest]));
  const descriptor = describeContent(fleet, object, content, publicKeys, 2 ** 31);
  const body = packDescriptor({ ...descriptor, announceIntervalUs: 1e9 });
  const recordBytes = signatureBytes() + body.length;
  return recordBytes + Math.ceil(recordBytes / FRAGMENT_BYTES) * packetBytes(HEADER_BYTES);
}
