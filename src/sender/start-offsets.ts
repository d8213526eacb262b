/**
 * Where channels start when nobody said: evenly spaced around the object, so that a receiver of several hears the same
 * symbol twice as late as can be.
 *
 * @param given start of each channel, 0–1, where one was given.
 */
export function channelStarts(given: readonly (number | undefined)[]): readonly number[] {
  return given.map((start, channel) => start ?? channel / given.length);
}

/** What each server adds to its channels' starts when nobody said: it spaces the servers evenly between two channels. */
export function serverStarts(given: readonly (number | undefined)[], channelCount: number): readonly number[] {
  return given.map((start, server) => start ?? server / (given.length * channelCount));
}
