import { describe, expect, it } from 'vitest';
import type { AgentPlan } from '../../dist/agent/agent-plan.js';
import type { AgentWatch } from '../../dist/agent/ports.js';
import { Wake } from '../../dist/agent/wake.js';

const S = 1e6;
const PLAN = { once: true, wake: undefined, patienceUs: 30 * S } as AgentPlan;

/** A wake that began at 100 s, and what its group announces. */
function wakeAt100(): { readonly wake: Wake; readonly watch: { announceIntervalUs: number } } {
  const watch = { isWaiting: false, isExpecting: false, announceIntervalUs: 0 };
  return { wake: new Wake(watch as unknown as AgentWatch, PLAN, 100 * S, () => false), watch };
}

describe('a wake with an end', () => {
  it('is over one interval after it began, if servers were announcing', () => {
    const { wake, watch } = wakeAt100();
    watch.announceIntervalUs = 2 * S;
    wake.look(101 * S);
    expect([102.3, 102.5].map((s) => wake.isOver(s * S, 0, false))).toEqual([false, true]);
  });

  it('is over one interval after the first announcement, if servers have only begun', () => {
    const { wake, watch } = wakeAt100();
    wake.look(110 * S);
    expect(wake.isOver(110 * S, 0, false)).toBe(false);
    // The first of several objects is announced; the others follow in the same round.
    watch.announceIntervalUs = 2 * S;
    wake.look(120 * S);
    expect([120, 122.3, 122.5].map((s) => wake.isOver(s * S, 0, false))).toEqual([false, false, true]);
    wake.look(121 * S);
    expect(wake.isOver(122.5 * S, 0, false)).toBe(true);
  });

  it('is over one interval after somebody said that there is news', () => {
    const { wake, watch } = wakeAt100();
    watch.announceIntervalUs = 2 * S;
    wake.look(101 * S);
    wake.listenAnew(102 * S);
    expect([102.5, 104.3, 104.5].map((s) => wake.isOver(s * S, 0, false))).toEqual([false, false, true]);
  });

  it('is not over while it receives', () => {
    const { wake, watch } = wakeAt100();
    watch.announceIntervalUs = 2 * S;
    expect(wake.isOver(200 * S, 0, true)).toBe(false);
  });
});
