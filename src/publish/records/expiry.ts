/** What expires within this time causes a warning: the holders of its keys have to meet. */
const SOON_S = 30 * 86_400;

/**
 * Whether something that lives from `createdS` to `expiresS` (Unix time) expires soon or has expired: within 30 days, or in the last quarter
 * of its life if it lives for less than 120 days.
 */
export function expiresSoon(createdS: number, expiresS: number, nowS: number): boolean {
  return nowS >= expiresS - Math.min(SOON_S, (expiresS - createdS) / 4);
}
