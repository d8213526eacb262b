import { z } from 'zod';
import { DURATION, listOf, SIZE } from '../base/units.js';
import { shown } from '../config/faults.js';
import { mappingOf, path, quantity, whole } from '../config/fields.js';
import { moment, rate } from './fields.js';

const burst = quantity(SIZE, 1500, 1e9).meta({
  description: 'Size of the bucket: bytes that an idle link saves up and then sends at once',
});
const lineRate = rate.optional().meta({
  description:
    'Rate of the wire behind it, at which packets that leave at once follow each other. Default: 1Gbit, or the rate of a faster link',
});
const wait = quantity(DURATION, 100, 60e6);

function option<const Kind extends string, const Shape extends z.core.$ZodShape>(kind: Kind, shape: Shape) {
  return mappingOf(`a link of kind ${kind}`, { kind: z.literal(kind), ...shape });
}

const tokenBucket = option('tokenBucket', { burst, lineRate });
const policer = option('policer', { burst, lineRate });
const bursts = option('bursts', { period: wait.meta({ description: 'Time from one turn to the next' }), lineRate });
const beacons = option('beacons', {
  interval: wait.optional().meta({ description: 'Time from beacon to beacon. Default: 102.4ms' }),
  dtim: whole(1, 255).optional().meta({ description: 'Multicast leaves after every so many beacons. Default: 1' }),
});
const trace = option('trace', {
  file: path('A file with one line for each time at which 1500 bytes can leave, in ms, as of Mahimahi'),
  offset: moment.optional().meta({ description: 'Where in the trace the simulation begins. Default: 0s' }),
  lineRate,
});
const wandering = option('wandering', {
  outage: wait.optional().meta({ description: 'Mean length of an outage. Default: 1s' }),
  outageEvery: quantity(DURATION, 1e6, 24 * 3600e6)
    .optional()
    .meta({ description: 'Mean time from one outage to the next. Default: there are none' }),
  lineRate,
});
const fqCodel = option('fqCodel', {
  target: wait.optional().meta({ description: 'Delay that a queue may always have. Default: 5ms' }),
  interval: wait
    .optional()
    .meta({ description: 'Time for which it must be above the target before a packet is dropped. Default: 100ms' }),
  quantum: quantity(SIZE, 100, 1e6)
    .optional()
    .meta({ description: 'Bytes that a flow may send in its turn. Default: 1514B' }),
  flows: whole(1, 65_536)
    .optional()
    .meta({ description: 'Number of queues, over which a hash spreads the flows. Default: 1024' }),
});

const models = [tokenBucket, policer, bursts, beacons, trace, wandering, fqCodel] as const;
const KINDS = listOf(models.map(({ shape }) => shape.kind.value));

/** How a link serves packets, if not one after the other from one queue. */
export const linkModel = z.discriminatedUnion('kind', models, {
  error: ({ input }) => {
    const kind = typeof input === 'object' && input !== null && 'kind' in input ? input.kind : undefined;
    return kind === undefined
      ? `not a model of a link, found ${shown(input)}, allowed: a mapping with kind: ${KINDS}`
      : `not a kind of link, found ${shown(kind)}, allowed: ${KINDS}`;
  },
});

export type LinkModel = z.output<typeof linkModel>;
