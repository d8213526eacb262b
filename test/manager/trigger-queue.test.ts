import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Trigger } from '../../dist/manager/triggers/trigger.js';
import { TriggerQueue } from '../../dist/manager/triggers/trigger-queue.js';

const BOUNDS = { mostCount: 6, mostOfDevice: 3 };

function trigger(id: string, device: string, nowMs: number, expiresInMs: number): Trigger {
  const times = { queuedAtMs: nowMs, expiresAtMs: nowMs + expiresInMs, attemptCount: 0 };
  return { id, device, object: undefined, record: undefined, ...times };
}

describe('a queue of triggers', () => {
  it('loses none, sends them in order and with pauses, and holds no more than its bounds', () => {
    const device = fc.constantFrom('a', 'b', 'c');
    const step = fc.oneof(
      fc.record({ kind: fc.constant('add' as const), device, expiresInMs: fc.integer({ min: 1, max: 60_000 }) }),
      fc.record({ kind: fc.constant('send' as const), device, answer: fc.constantFrom('yes', 'no', 'none') }),
      fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 20_000 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = new TriggerQueue(BOUNDS, () => 0.5);
        const waiting: Trigger[] = [];
        const ended = new Set<string>();
        const tried = new Map<string, { count: number; notBeforeMs: number }>();
        let [nowMs, next] = [0, 0];
        for (const one of steps) {
          if (one.kind === 'add') {
            const made = trigger(`t${next++}`, one.device, nowMs, one.expiresInMs);
            const isFull = waiting.length >= 6 || waiting.filter((other) => other.device === one.device).length >= 3;
            expect(queue.add(made)).toBe(!isFull);
            if (!isFull) waiting.push(made);
          } else if (one.kind === 'pass') {
            nowMs += one.ms;
            for (let first = queue.firstExpired(nowMs); first !== undefined; first = queue.firstExpired(nowMs)) {
              expect(first.expiresAtMs).toBeLessThanOrEqual(nowMs);
              queue.end(first.id);
              ended.add(first.id);
              waiting.splice(
                waiting.findIndex(({ id }) => id === first.id),
                1,
              );
            }
          } else {
            const first = waiting.find((other) => other.device === one.device);
            const found = queue.next(one.device, nowMs, nowMs);
            // A trigger may have expired while an answer was waited for.
            const isOpen = first !== undefined && nowMs < first.expiresAtMs;
            const isDue = isOpen && nowMs >= (tried.get(first.id)?.notBeforeMs ?? 0);
            expect(found?.id).toBe(isDue ? first.id : undefined);
            if (found === undefined) continue;
            const count = (tried.get(found.id)?.count ?? 0) + 1;
            expect(queue.begin(found.id, nowMs)?.attemptCount).toBe(count);
            if (one.answer === 'yes') {
              queue.end(found.id);
              ended.add(found.id);
              waiting.splice(waiting.indexOf(first!), 1);
            } else {
              // Without any answer the pause counts from the attempt, with one that says no from then.
              if (one.answer === 'no') {
                nowMs += 1_000;
                queue.fail(found.id, nowMs);
              }
              tried.set(found.id, { count, notBeforeMs: nowMs + 5_000 * 2 ** (count - 1) });
            }
          }
          expect(queue.size).toBe(waiting.length);
          for (const name of ['a', 'b', 'c']) {
            const ids = waiting.filter((other) => other.device === name).map(({ id }) => id);
            expect(queue.of(name).map(({ id }) => id)).toEqual(ids);
          }
          for (const { id } of waiting) expect(ended.has(id)).toBe(false);
        }
        expect(waiting.length + ended.size).toBeLessThanOrEqual(next);
      }),
    );
  });

  it('waits at most an hour between two attempts', () => {
    const queue = new TriggerQueue(BOUNDS, () => 0.5);
    queue.add(trigger('t', 'a', 0, 1e12));
    let nowMs = 0;
    for (let i = 0; i < 30; i++) {
      queue.begin('t', nowMs);
      expect(queue.dueMs('a')! - nowMs).toBeLessThanOrEqual(3_600_000);
      nowMs = queue.dueMs('a')!;
    }
  });
});
