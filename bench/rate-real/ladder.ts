import { layersOf, thirdsLevels } from '../../dist/rate/ladder/ladder.js';

/** A little below the slowest link, whose lowest level has to leave room for announcements. */
const lowestBitsPerSecond = 0.45e6;
const highestBitsPerSecond = 128e6;

/** Levels and the rates of the channels that add up to them. */
export interface Ladder {
  readonly levels: readonly number[];
  readonly layers: readonly number[];
}

/**
 * The generated ladder from 0.45 Mbit/s to two octaves above the fastest link, 128 Mbit/s at most: channels that no receiver can
 * reach would cost the server processor time that this machine needs for other work.
 *
 * @param fromBitsPerSecond its lowest level
 */
export function ladderOf(fastestBitsPerSecond: number, fromBitsPerSecond = lowestBitsPerSecond): Ladder {
  const levels = thirdsLevels(fromBitsPerSecond, Math.min(highestBitsPerSecond, 4 * fastestBitsPerSecond));
  return { levels, layers: layersOf(levels) };
}
