import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packetOf } from '../../../dist/simulate/net/packet.js';
import { Pipe } from '../../../dist/simulate/net/pipe.js';

const flow = { group: 'ff15::1', port: 1, source: 'fd00::1' };

const step = fc.oneof(
  fc.record({ kind: fc.constant('push' as const), atUs: fc.integer({ min: 0, max: 1000 }) }),
  fc.record({ kind: fc.constant('shift' as const) }),
  fc.record({
    kind: fc.constant('move' as const),
    fromUs: fc.integer({ min: 0, max: 1000 }),
    factor: fc.constantFrom(0, 0.5, 2),
  }),
);

describe('a pipe', () => {
  it('is a queue whose times never fall, however it grows and whatever is moved', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const pipe = new Pipe();
        let model: { id: number; atUs: number }[] = [];
        for (const [id, action] of steps.entries()) {
          if (action.kind === 'push') {
            pipe.push(packetOf(flow, new Uint8Array(0), id, 0), action.atUs);
            model.push({ id, atUs: Math.max(action.atUs, model.at(-1)?.atUs ?? 0) });
          } else if (action.kind === 'move') {
            const { fromUs, factor } = action;
            pipe.reschedule(fromUs, (atUs) => fromUs + (atUs - fromUs) * factor);
            let lastUs = 0;
            model = model.map(({ id: own, atUs }) => {
              lastUs = Math.max(lastUs, atUs > fromUs ? fromUs + (atUs - fromUs) * factor : atUs);
              return { id: own, atUs: lastUs };
            });
          } else if (model.length > 0) {
            expect(pipe.nextUs).toBe(model[0]!.atUs);
            expect(pipe.shift().start).toBe(model.shift()!.id);
          }
          expect(pipe.count).toBe(model.length);
        }
        expect(pipe.nextUs).toBe(model[0]?.atUs ?? Number.POSITIVE_INFINITY);
      }),
    );
  });
});
