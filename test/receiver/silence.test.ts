import { expect, test } from 'vitest';
import { Silence, type SilenceVerdict } from '../../dist/receiver/silence.js';

const LOOK_US = 50_000;

/** A receiver that listens to one channel, whose data and announcements come when the test says so. */
class Listener {
  nowUs = 1e9;
  announcedUs = 1e9;
  lastHeardUs = 1e9;
  readonly #silence = new Silence({ patienceUs: 30e6, waits: true }, 1e9);

  look(): SilenceVerdict | undefined {
    const { announcedUs, lastHeardUs } = this;
    const steering = { channels: [0], lastHeardUs, slowestIntervalUs: 10_000, refusal: undefined };
    const watch = { announceIntervalUs: 1e6, isWaiting: false };
    return this.#silence.judge(this.nowUs, { watch, announcedUs, steering, isFound: true, startedUs: 1e9 });
  }

  /** Kinds of verdicts while so many seconds pass. */
  pass(seconds: number, isAnnounced: boolean): readonly string[] {
    const kinds = new Set<string>();
    for (let look = 0; look < (seconds * 1e6) / LOOK_US; look++) {
      this.nowUs += LOOK_US;
      if (isAnnounced) this.announcedUs = this.nowUs;
      const verdict = this.look();
      if (verdict !== undefined) kinds.add(verdict.kind);
    }
    return [...kinds];
  }
}

test('announcements without data for five seconds mean that something keeps data away', () => {
  const listener = new Listener();
  expect(listener.pass(4.9, true)).toEqual([]);
  expect(listener.pass(0.3, true)).toEqual(['noData']);
});

test('after a stop of the process, announcements that are read before the data mean nothing', () => {
  const listener = new Listener();
  listener.pass(1, true);
  listener.nowUs += 60e6;
  listener.announcedUs = listener.nowUs;
  expect(listener.look()).toBeUndefined();
  expect(listener.pass(2, true)).toEqual([]);
  listener.lastHeardUs = listener.nowUs;
  expect(listener.pass(4.9, true)).toEqual([]);
});

test('nothing at all until the patience is over means that nobody sends', () => {
  const listener = new Listener();
  expect(listener.pass(29.9, false)).toEqual([]);
  expect(listener.pass(0.3, false)).toEqual(['over']);
});
