import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PhaseEvent, PhaseMachine } from '../../../dist/rate/deciding/phase.js';

const anyEvent = fc.constantFrom<PhaseEvent>(
  'begun',
  'climbed',
  'roomSeen',
  'acquitted',
  'tried',
  'passed',
  'competed',
  'left',
  'cleared',
  'clearedToClimb',
  'gaveUp',
);

function after(...events: readonly PhaseEvent[]): PhaseMachine {
  const phases = new PhaseMachine();
  for (const event of events) phases.transition(event);
  return phases;
}

describe('the phase of a path', () => {
  it('goes from the start to steady, tries a level, leaves it, and is steady again', () => {
    const phases = new PhaseMachine();
    const events = ['climbed', 'tried', 'left', 'cleared', 'tried', 'passed'] as const;
    const went = events.map((event) => [phases.transition(event), phases.phase]);
    expect(went).toEqual([
      [true, 'steady'],
      [true, 'trial'],
      [true, 'deaf'],
      [true, 'steady'],
      [true, 'trial'],
      [true, 'steady'],
    ]);
  });

  it('stays deaf until the leave has worked, and paused until it begins again', () => {
    for (const event of ['climbed', 'tried', 'acquitted', 'competed', 'gaveUp', 'left'] as const) {
      expect([after('left').transition(event), after('left', event).phase]).toEqual([false, 'deaf']);
      expect([after('gaveUp').transition(event), after('gaveUp', event).phase]).toEqual([false, 'paused']);
    }
    expect(after('gaveUp', 'begun').phase).toBe('start');
    expect(after('left', 'clearedToClimb').phase).toBe('start');
  });

  it('changes with an event that its phase knows, and with no other', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 30 }), anyEvent, (events, event) => {
        const phases = after(...events);
        const before = phases.phase;
        if (!phases.transition(event)) expect(phases.phase).toBe(before);
        expect(after(...events, event).phase).toBe(phases.phase);
      }),
    );
  });
});
