import { addCrossTraffic, type LinkOptions, VirtualNetwork } from '../../../dist/simulate/index.js';
import { quantile } from '../summary.js';

const SAMPLE_US = 20_000;

export interface TcpFigures {
  /** Whole packets that arrive. */
  readonly goodputBitsPerSecond: number;
  /** The 95th percentile of the queue, sampled each 20 ms. */
  readonly queue95Ms: number;
}

/** One CUBIC connection alone on a link, with acknowledgements that take 10 ms, between two times. */
export async function tcpAlone(link: LinkOptions, fromS: number, toS: number): Promise<TcpFigures> {
  const network = new VirtualNetwork('tcp alone');
  const { down } = network.addLink({ name: 'bottleneck', down: link });
  const flow = addCrossTraffic(network, { name: 'tcp', kind: 'cubic', below: 'bottleneck' });
  await network.clock.run(fromS * 1e6);
  const beforeBytes = flow.arrivedBytes;
  const queuesMs: number[] = [];
  for (let us = fromS * 1e6; us <= toS * 1e6; us += SAMPLE_US) {
    await network.clock.run(us);
    queuesMs.push(down.queueUs / 1000);
  }
  return {
    goodputBitsPerSecond: ((flow.arrivedBytes - beforeBytes) * 8) / (toS - fromS),
    queue95Ms: quantile(queuesMs, 0.95),
  };
}
