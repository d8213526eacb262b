import type { Metric } from './metric.js';

/** What Prometheus' client libraries say of every process, by the same names, and which version runs. */
export function processMetrics(version: string): readonly Metric[] {
  const startedS = Math.round((Date.now() / 1000 - process.uptime()) * 1000) / 1000;
  return [
    gauge('layercast_build_info', 'Always 1; the label has the version of layercast.', () => 1, { version }),
    gauge('process_start_time_seconds', 'Start time of the process, Unix time.', () => startedS),
    gauge('process_resident_memory_bytes', 'Resident memory size.', () => process.memoryUsage.rss()),
    {
      ...gauge('process_cpu_seconds_total', 'Processor time of user and system, of all threads.', () => {
        const { user, system } = process.cpuUsage();
        return (user + system) / 1e6;
      }),
      kind: 'counter',
    },
  ];
}

function gauge(name: string, help: string, value: () => number, labels: Readonly<Record<string, string>> = {}): Metric {
  return {
    name,
    kind: 'gauge',
    help,
    labels: Object.keys(labels),
    samples: () => [{ labels, value: value() }],
  };
}
