/**
 * Datagrams per second that a TCP would send under this loss event rate and round-trip time (RFC 5348, section 3.1, with
 * t_RTO = 4 RTT and b = 1).
 *
 * @param lossEventRate 0–1; 0 is infinitely many.
 */
export function tcpDatagramsPerSecond(lossEventRate: number, roundTripUs: number): number {
  const p = lossEventRate;
  if (p <= 0) return Number.POSITIVE_INFINITY;
  const roundTrips = Math.sqrt((2 * p) / 3) + 12 * Math.sqrt((3 * p) / 8) * p * (1 + 32 * p * p);
  return 1e6 / (roundTripUs * roundTrips);
}
