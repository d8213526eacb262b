import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Outbox, type ToldEvent } from '../../dist/engine/outbox.js';
import { Packer } from '../../dist/work/packed-values.js';

type Told = ToldEvent<number>;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** An outbox whose counts are a number, and all that has been told to its owner. */
function outboxWithOwner() {
  const told: Told[] = [];
  const counts = { value: 0 };
  const outbox = new Outbox({ tell: (event) => told.push(event as Told), packer: new Packer() }, () => counts.value);
  const events = () => told.flatMap(({ event, fields }) => (event === undefined ? [] : [`${event} ${fields.n}`]));
  return { outbox, told, counts, events };
}

describe('the events of an engine', () => {
  it('are told at once and in order, each with the counts of its time', () => {
    const { outbox, told, counts } = outboxWithOwner();
    outbox.tell('join', { n: 1 });
    counts.value = 5;
    outbox.tell('leave', { n: 2 });
    expect(told).toEqual([
      { event: 'join', fields: { n: 1 }, stats: 0 },
      { event: 'leave', fields: { n: 2 }, stats: 5 },
    ]);
  });

  it('do not pile up for an owner that is blocked, and come in order when it goes on', () => {
    const { outbox, told, events } = outboxWithOwner();
    for (let n = 0; n < 100_000; n++) outbox.tell('progress', { n });
    for (let n = 0; n < 10; n++) outbox.tell('join', { n });
    expect(told.length).toBeLessThan(100);
    for (let taken = 0; taken < told.length; taken++) outbox.taken();
    expect(events().slice(-11)).toEqual(['progress 99999', ...Array.from({ length: 10 }, (_, n) => `join ${n}`)]);
    expect(told.length).toBeLessThan(100);
  });

  it('of an owner that is blocked for very long are the last ones', () => {
    const { outbox, events, told } = outboxWithOwner();
    for (let n = 0; n < 10_000; n++) outbox.tell('join', { n });
    for (let taken = 0; taken < told.length; taken++) outbox.taken();
    expect(events().length).toBeLessThan(5000);
    expect(events().at(-1)).toBe('join 9999');
  });

  it('that report on several objects replace only those on the same', () => {
    const { outbox, events } = outboxWithOwner();
    for (let n = 0; n < 200; n++) outbox.tell('hashing', { n, object: n % 2 });
    outbox.flush();
    expect(events().slice(-2)).toEqual(['hashing 198', 'hashing 199']);
  });

  it('are all told before a reply', () => {
    const { outbox, told, counts, events } = outboxWithOwner();
    for (let n = 0; n < 300; n++) outbox.tell('join', { n });
    counts.value = 9;
    outbox.flush();
    expect(events()).toHaveLength(300);
    expect(told.at(-1)).toEqual({ event: undefined, fields: {}, stats: 9 });
  });
});

describe('the counts of an engine', () => {
  it('are told from time to time, only while the owner takes them, and not after the end', () => {
    const { outbox, told, counts } = outboxWithOwner();
    counts.value = 3;
    vi.advanceTimersByTime(10_000);
    expect(told).toEqual([{ event: undefined, fields: {}, stats: 3 }]);
    outbox.taken();
    vi.advanceTimersByTime(1000);
    expect(told).toHaveLength(2);
    outbox.taken();
    outbox.close();
    vi.advanceTimersByTime(10_000);
    expect(told).toHaveLength(2);
  });
});
