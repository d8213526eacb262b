import { parseScenario } from '../../dist/scenario/load-scenario.js';
import { simulate } from '../../dist/simulate/index.js';

/** What a simulation of many receivers took. */
export interface CrowdFigures {
  readonly receiverCount: number;
  readonly linkCount: number;
  readonly simulatedS: number;
  readonly cpuS: number;
  readonly wallS: number;
  /** The most that the process had in memory. */
  readonly residentMegabytes: number;
  readonly datagramCount: number;
  readonly digest: string;
}

/** Receivers start at random moments of the first half, behind links from 0.5 to 100 Mbit/s, evenly by the logarithm. */
function scenarioText(receiverCount: number, linkCount: number, seconds: number): string {
  return `
duration: ${seconds}s
sampleInterval: 1s
object: { size: 1GB, ladder: { from: 500kbit, to: 100Mbit } }
links:
  line: { count: ${linkCount}, rate: { from: 500kbit, to: 100Mbit }, queue: 50ms, delay: 10ms, leaveLatency: 200ms }
receivers:
  machine: { below: line, count: ${receiverCount}, startSpread: ${seconds / 2}s }
`;
}

/** Run by itself, so that the process is used for nothing else. */
async function measure(receiverCount: number, linkCount: number, seconds: number): Promise<CrowdFigures> {
  const scenario = await parseScenario(scenarioText(receiverCount, linkCount, seconds), 'bench.yaml');
  const [startMs, startCpu] = [performance.now(), process.cpuUsage()];
  let datagramCount = 0;
  const { digest, links } = await simulate(scenario);
  const { user, system } = process.cpuUsage(startCpu);
  for (const { rateBitsPerSecond } of links) datagramCount += (rateBitsPerSecond * seconds) / 8 / 1280;
  return {
    receiverCount,
    linkCount,
    simulatedS: seconds,
    cpuS: (user + system) / 1e6,
    wallS: (performance.now() - startMs) / 1e3,
    residentMegabytes: process.resourceUsage().maxRSS / 1000,
    datagramCount: Math.round(datagramCount),
    digest,
  };
}

const [receiverCount = 10_000, linkCount = 100, seconds = 60] = process.argv.slice(2).map(Number);
console.log(JSON.stringify(await measure(receiverCount, linkCount, seconds)));
