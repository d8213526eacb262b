/**
 * When this program was built, in seconds since 1970. scripts/build.mjs writes the time of the build here, or SOURCE_DATE_EPOCH; this value is for
 * programs that run from the sources.
 */
export const BUILT_S: number = 0;
