/** Of every random test plan: printed when a test fails, set with LAYERCAST_SEED to see the same again. */
export const seed = process.env.LAYERCAST_SEED ?? 'layercast';

/** A title that tells how to see the same run again. */
export function seeded(title: string): string {
  return `${title} (LAYERCAST_SEED=${seed})`;
}
