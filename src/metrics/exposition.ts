import { Counter, Gauge, Registry } from 'prom-client';
import type { Metric } from './metric.js';

/**
 * Most samples that one metric shows: 60 objects of 32 channels. Prometheus stores each series, so a server of a thousand objects must
 * not make a hundred thousand of them.
 */
const MAX_SAMPLES = 2_000;

/** Metrics as Prometheus reads them. */
export class Exposition {
  readonly #registry = new Registry();

  constructor(metrics: readonly Metric[]) {
    for (const metric of metrics) this.#register(metric);
    let hiddenCount = 0;
    const hidden = new Gauge({
      name: 'layercast_metrics_hidden_samples',
      help: `Samples that are left out because their metric has more than ${MAX_SAMPLES}.`,
      registers: [this.#registry],
      collect: () => {
        hiddenCount = metrics.reduce((sum, { samples }) => sum + Math.max(0, [...samples()].length - MAX_SAMPLES), 0);
        hidden.set(hiddenCount);
      },
    });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** The values at this moment. */
  async text(): Promise<string> {
    return await this.#registry.metrics();
  }

  #register({ name, kind, help, labels, samples }: Metric): void {
    const settings = { name, help, labelNames: [...labels], registers: [this.#registry] };
    const first = () => [...samples()].slice(0, MAX_SAMPLES);
    // Both kinds are read anew each time, so series of objects that are gone end.
    if (kind === 'counter') {
      const counter: Counter = new Counter({
        ...settings,
        collect() {
          counter.reset();
          for (const { labels: own, value } of first()) counter.inc(own, value);
        },
      });
    } else {
      const gauge: Gauge = new Gauge({
        ...settings,
        collect() {
          gauge.reset();
          for (const { labels: own, value } of first()) gauge.set(own, value);
        },
      });
    }
  }
}
