import type { EventOf } from '../events/event-types.js';
import { fetchEvents } from '../events/fetch-events.js';
import { count, whole } from '../events/fields.js';
import type { Figure } from './metric.js';

type Progress = EventOf<typeof fetchEvents.progress>;

/** A transfer, as its last progress shows it; undefined before the first. */
export interface Progressing {
  readonly progress: Progress | undefined;
}

const { progress } = fetchEvents;

/** What the progress of a transfer shows: of receivers and agents alike. */
export const PROGRESS_FIGURES: readonly Figure<Progressing>[] = [
  now('rate', progress.fields.rateBitsPerSecond, (event) => event.rateBitsPerSecond),
  now('level_rate', progress.fields.levelRateBitsPerSecond, (event) => event.levelRateBitsPerSecond),
  now('capacity', progress.fields.capacityBitsPerSecond, (event) => event.capacityBitsPerSecond),
  now('loss', progress.fields.lossRatio, (event) => event.lossRatio),
  now('queue', progress.fields.queueMs, (event) => event.queueMs),
  now('level', progress.fields.level, (event) => event.level),
  now('levels', whole(0, 255, 'Levels of the ladder.'), (event) => event.levelCount),
  now('joined_channels', count('Channels that are joined.'), (event) => event.channels.length),
  now('present', progress.fields.bytes, (event) => event.bytes),
  now('verified', progress.fields.verifiedBytes, (event) => event.verifiedBytes),
  now('object', progress.fields.totalBytes, (event) => event.totalBytes),
];

function now(
  name: string,
  field: Figure<Progressing>['field'],
  of: (event: Progress) => number | undefined,
): Figure<Progressing> {
  return {
    name,
    kind: 'gauge',
    field,
    values: ({ progress: event }) => [[event === undefined ? undefined : of(event)]],
  };
}
