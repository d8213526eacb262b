/** The environment variable that forces one port on all hosts of all beds: `batch` or `dgram`. */
const forced = process.env.LAYERCAST_TEST_NET;

/**
 * The port that `layercast` uses on a host, as environment: batches and single datagrams in turn from host to host, so that each
 * test has both. With an odd number of hosts the first one sends single datagrams, with an even number batches, so that over all
 * tests servers and receivers have both. Batches are not forced: machines without koffi run the tests, too.
 *
 * @param index of the host in its bed
 */
export function portOf(index: number, hostCount: number): Readonly<Record<string, string>> {
  if (forced !== undefined) return { LAYERCAST_NET: forced };
  return (index + hostCount) % 2 === 0 ? {} : { LAYERCAST_NET: 'dgram' };
}
