import type { Field } from '../events/field-kinds.js';

/** One value of a metric, with its labels. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric as Prometheus knows it: one name, any number of samples, read each time that somebody asks. */
export interface Metric {
  readonly name: string;
  /** A counter only grows while the process runs. */
  readonly kind: 'counter' | 'gauge';
  readonly help: string;
  readonly labels: readonly string[];
  readonly samples: () => Iterable<Sample>;
}

/** What a metric says of one source, such as one receiver. */
export interface Figure<Source> {
  /** Without prefix, unit and `_total`: `level_rate`. */
  readonly name: string;
  readonly kind: Metric['kind'];
  /** The event's field that it shows: help text and unit are the field's. */
  readonly field: Field;
  /** Labels beside those of the source. */
  readonly labels?: readonly string[];
  /** Values in the field's unit; undefined for none. */
  readonly values: (source: Source) => Iterable<readonly [value: number | undefined, ...labels: readonly string[]]>;
}

/** Names and factors by which Prometheus' conventions (base units: bytes, seconds, ratios) write the units of fields. */
const UNITS: Readonly<Record<string, { readonly suffix: string; readonly factor: number }>> = {
  'bit/s': { suffix: '_bytes_per_second', factor: 1 / 8 },
  ms: { suffix: '_seconds', factor: 1e-3 },
  B: { suffix: '_bytes', factor: 1 },
  '0–1': { suffix: '_ratio', factor: 1 },
};

/**
 * Metrics of any number of sources.
 *
 * @param prefix `layercast_receiver_`
 * @param sources each with the labels that tell it from the others, by `sourceLabels`
 */
export function metricsOf<Source>(
  prefix: string,
  figures: readonly Figure<Source>[],
  sourceLabels: readonly string[],
  sources: () => Iterable<readonly [Source, Sample['labels']]>,
): readonly Metric[] {
  return figures.map(({ name, kind, field, labels = [], values }) => {
    const { description = '', unit } = described(field);
    const { suffix, factor } = UNITS[unit ?? ''] ?? { suffix: '', factor: 1 };
    return {
      name: `${prefix}${name}${suffix}${kind === 'counter' ? '_total' : ''}`,
      kind,
      help: description,
      labels: [...sourceLabels, ...labels],
      *samples() {
        for (const [source, own] of sources()) {
          for (const [value, ...texts] of values(source)) {
            if (value === undefined || !Number.isFinite(value)) continue;
            const more = Object.fromEntries(labels.map((label, i) => [label, texts[i] ?? '']));
            yield { labels: { ...own, ...more }, value: value * factor };
          }
        }
      },
    };
  });
}

/** The field that has description and unit: one that may be missing or null has them within. */
function described(field: Field): { readonly description?: string; readonly unit?: string } {
  return field.description === undefined && 'field' in field ? described(field.field) : field;
}
