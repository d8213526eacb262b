import type { EventEmitter } from 'eventemitter3';
import { LayercastError } from '../base/errors.js';
import type { Clock } from '../base/ports.js';
import type { FleetObject } from '../fleet/fleet.js';
import { type Sending, sendingsOf } from '../fleet/sendings.js';
import type { BroadcastContent, BroadcastObject } from '../sender/broadcast-object.js';
import type { FrameSending } from '../sender/iotupd/frame-transmission.js';
import { Publication } from '../sender/publication.js';
import type { FileSource } from '../store/file-source.js';
import { deltaDescriptor } from '../wire/delta.js';
import type { Descriptor } from '../wire/descriptor.js';
import type { Contents } from './contents/contents.js';
import { channelDestination, framesDestination } from './destinations.js';
import type { SenderEvents } from './events.js';
import { framedFile } from './iotupd/framed-file.js';
import { type PreparedObject, prepareObject } from './prepared-object.js';
import { runKeyFor } from './records/server-keys.js';
import { type Station, settingsOf } from './station.js';
import type { CodingThread } from './symbols/coding-thread.js';
import { fastChannels } from './symbols/fast-channels.js';
import type { IntermediateCache } from './symbols/intermediate-cache.js';
import { symbolsOf } from './symbols/object-symbols.js';

/** One version of an object, ready to be sent from a station. */
export interface Sendable {
  readonly object: FleetObject;
  readonly station: Station;
  readonly prepared: PreparedObject;
  readonly sent: BroadcastObject;
  /** A text that changes when the object has to be sent differently. */
  readonly settings: string;
}

/** What all objects of a server share to become sendable. */
export interface Workshop {
  readonly clock: Clock;
  readonly stateDir: string;
  readonly contents: Contents;
  readonly intermediates: IntermediateCache;
  readonly coding: CodingThread;
  readonly emit: EventEmitter<SenderEvents>['emit'];
}

/**
 * Opens, hashes, signs and encodes an object.
 *
 * @param check throws for a content that must not be sent; called before the content is encoded
 * @throws {LayercastError} `FILE_NOT_FOUND`, `OBJECT_CHANGED`, `RECORD_INVALID`, `DISK_FULL`, `ABORTED`, …; all is closed then
 */
export async function makeSendable(
  object: FleetObject,
  station: Station,
  workshop: Workshop,
  signal: AbortSignal,
  check: (prepared: PreparedObject) => void,
): Promise<Sendable> {
  const { clock, stateDir, contents, intermediates, coding, emit } = workshop;
  const { fleet, server, key } = station;
  const prepared = await prepareObject(fleet, object, {
    key,
    contents,
    signal,
    stateDir,
    nowS: Math.floor(clock.wallUs() / 1e6),
    onHashing: (bytes, totalBytes) => emit('hashing', { object: object.name, bytes, totalBytes }),
    onNoDelta: (message) => emit('warning', { code: 'DELTA', message, hint: 'Take files out of "deltaFrom"' }),
  });
  const { source, deltaSource, content, descriptor, record } = prepared;
  const closing: (() => Promise<void>)[] = [() => source.close(), async () => await deltaSource?.close()];
  const release = async () => {
    for (const close of closing.toReversed()) await close();
  };
  try {
    check(prepared);
    const runKey = runKeyFor(descriptor, server.index, station.serverKey);
    const sendings = sendingsOf(fleet, server).filter((sending) => sending.object === object);
    const contentOf = async (
      described: Descriptor,
      file: FileSource,
      blockDigests: Uint8Array,
      own: readonly Sending[],
    ): Promise<BroadcastContent> => {
      const publication = new Publication(described, record, blockDigests, server.index, runKey);
      const indices = own.map(({ channel }) => channel.index);
      const symbols = await symbolsOf(
        { descriptor: described, source: file },
        {
          cache: intermediates,
          thread: coding,
          signal,
          fastChannels: fastChannels(publication, indices, clock),
          onEncoding: (bytes, totalBytes) => emit('encoding', { object: object.name, bytes, totalBytes }),
        },
      );
      closing.push(() => symbols.close());
      const channels = own.map((sending) => {
        const { index, burstUs } = sending.channel;
        return { index, burstUs, destination: channelDestination(sending, station) };
      });
      return { publication, symbols, channels };
    };
    const whole = sendings.filter(({ isOfDelta }) => !isOfDelta);
    const ofDelta = sendings.filter(({ isOfDelta }) => isOfDelta);
    const delta = deltaDescriptor(descriptor);
    const frames = await framesOf(object, station, prepared, signal, emit);
    const sent: BroadcastObject = {
      name: object.name,
      ...(await contentOf(descriptor, source, content.blockDigests, whole)),
      delta: delta && (await contentOf(delta, deltaSource!, content.delta!.blockDigests, ofDelta)),
      frames,
      release,
    };
    signal.throwIfAborted();
    return { object, station, prepared, sent, settings: settingsOf(object, station) };
  } catch (error) {
    await release();
    throw error instanceof LayercastError ? error : new LayercastError('INTERNAL', `${error}`, { cause: error });
  }
}

/** The object as frames of iotupd; undefined if it is not sent so. */
async function framesOf(
  object: FleetObject,
  station: Station,
  { source }: PreparedObject,
  signal: AbortSignal,
  emit: Workshop['emit'],
): Promise<FrameSending | undefined> {
  const { iotupd, name } = object;
  if (iotupd === undefined) return undefined;
  const file = await framedFile({ ...object, iotupd }, source, station.server.index, signal, () => {
    const message = `object ${name}: iotupd's receivers cannot complete this file, because too much of it is zeros`;
    emit('warning', { code: 'IOTUPD_ZEROS', message, hint: 'Compress the file, or receive it with layercast' });
  });
  return { file, destination: framesDestination(iotupd, station), intervalUs: iotupd.intervalUs };
}

/** False when the file or folder has been changed or replaced since it was hashed. */
export function isUnchanged({ prepared }: Sendable): Promise<boolean> {
  return prepared.isUnchanged();
}

/** Whether what is sent is there. Nobody can change the copy of a folder, whatever has become of the folder. */
export function canBeRead({ prepared }: Sendable): Promise<boolean> {
  return prepared.source.checkUnchanged().then(
    () => true,
    () => false,
  );
}
