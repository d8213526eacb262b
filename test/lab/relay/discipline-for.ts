import { readFileSync } from 'node:fs';
import { LayercastError } from '../../../dist/base/errors.js';
import { systemError } from '../../../dist/base/system-error.js';
import { parseTrace } from '../../../dist/scenario/parse-trace.js';
import type { CapacityTrace } from '../../../dist/simulate/net/discipline/capacity-trace.js';
import type { Discipline } from '../../../dist/simulate/net/discipline/discipline.js';
import { disciplineOf } from '../../../dist/simulate/net/discipline/discipline-of.js';
import { type DisciplineOptions, FQ_CODEL_DEFAULTS } from '../../../dist/simulate/net/discipline/discipline-options.js';
import type { Prng } from '../../../dist/simulate/random/prng.js';
import type { RelayOptions, RelayService } from './relay-options.js';

/** A quarter of a MB: what a relay keeps without `queueBytes`. */
const defaultQueueBytes = 250_000;

/** The simulator's model of a link, for a relay: so both are limited by the same code. */
export function disciplineFor({ service, queueBytes = defaultQueueBytes }: RelayOptions, prng: Prng): Discipline {
  const rateBitsPerSecond = service.kind === 'trace' ? Number.POSITIVE_INFINITY : service.rateBitsPerSecond;
  return disciplineOf(modelOf(service), { rateBitsPerSecond, queueBytes }, prng);
}

function modelOf(service: RelayService): DisciplineOptions {
  switch (service.kind) {
    case 'policer':
      return { kind: 'policer', burstBytes: service.burstBytes };
    case 'bursts':
    case 'beacons':
      return { kind: service.kind, periodUs: service.periodMs * 1000 };
    case 'fqCodel':
      return { kind: 'fqCodel', ...FQ_CODEL_DEFAULTS, targetUs: service.targetMs * 1000 };
    case 'trace':
      return { kind: 'trace', trace: readTrace(service.file) };
  }
}

/** @throws LayercastError `USAGE` where a line is no time in ms; the system's reason why the file cannot be read */
export function readTrace(file: string): CapacityTrace {
  const trace = parseTrace(textOf(file));
  if (typeof trace === 'string') throw new LayercastError('USAGE', `${file}: ${trace}`);
  return trace;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw systemError(error, 'read', file);
  }
}
