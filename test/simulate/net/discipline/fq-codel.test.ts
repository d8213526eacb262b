import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CoDel } from '../../../../dist/simulate/net/discipline/codel.js';
import { FQ_CODEL_DEFAULTS } from '../../../../dist/simulate/net/discipline/discipline-options.js';
import { FqCodel, type FqCodelOptions } from '../../../../dist/simulate/net/discipline/fq-codel.js';
import { Prng } from '../../../../dist/simulate/random/prng.js';
import { type Arrival, arrivals, play } from './played.js';

const TARGET_US = 5000;
const INTERVAL_US = 100_000;
const CODEL = { targetUs: TARGET_US, intervalUs: INTERVAL_US, maxPacketBytes: 1514 };

/** A queue in which every packet has waited for as long as it should. */
class StandingQueue {
  bytes = 1e6;
  sojournUs = 0;
  nowUs = 0;
  taken = 0;

  shift() {
    return { item: this.taken++, enqueuedUs: this.nowUs - this.sojournUs };
  }
}

/** Takes a packet every ms, and returns when others were dropped. */
function dropTimes(queue: StandingQueue, codel: CoDel<number>, untilMs: number): number[] {
  const times: number[] = [];
  for (; queue.nowUs < untilMs * 1000; queue.nowUs += 1000) {
    const before = codel.droppedCount;
    codel.dequeue(queue, queue.nowUs);
    for (let i = before; i < codel.droppedCount; i++) times.push(queue.nowUs / 1000);
  }
  return times;
}

describe('CoDel', () => {
  it('drops nothing while the delay is below the target, or above it for less than an interval', () => {
    const [queue, codel] = [new StandingQueue(), new CoDel<number>(CODEL)];
    queue.sojournUs = TARGET_US - 1;
    expect(dropTimes(queue, codel, 1000)).toEqual([]);
    for (let ms = 1000; ms < 3000; ms += 100) {
      queue.sojournUs = 4 * TARGET_US;
      expect(dropTimes(queue, codel, ms + 99)).toEqual([]);
      queue.sojournUs = 0;
      dropTimes(queue, codel, ms + 100);
    }
    expect(codel.droppedCount).toBe(0);
  });

  it('drops the first after an interval, and the others in intervals that shrink with the square root of their number', () => {
    const [queue, codel] = [new StandingQueue(), new CoDel<number>(CODEL)];
    queue.sojournUs = 4 * TARGET_US;
    // RFC 8289, section 3.3: the next drop is an interval ÷ √count after the last one.
    const law: number[] = [];
    for (let ms = 100, count = 1; ms < 2000; ms += 100 / Math.sqrt(count++)) law.push(Math.ceil(ms));
    expect(dropTimes(queue, codel, 2000)).toEqual(law);
  });

  it('ends when the delay is below the target, and goes on nearly where it was when the queue is soon bad again', () => {
    const [queue, codel] = [new StandingQueue(), new CoDel<number>(CODEL)];
    queue.sojournUs = 4 * TARGET_US;
    const first = dropTimes(queue, codel, 2000).length;
    queue.sojournUs = 0;
    expect(dropTimes(queue, codel, 2050)).toEqual([]);
    queue.sojournUs = 4 * TARGET_US;
    const again = dropTimes(queue, codel, 2300);
    // An interval after it is bad again, and then at once as often as in the end.
    expect(again.slice(0, 2)).toEqual([2150, 2150 + Math.ceil(100 / Math.sqrt(first - 1))]);
    queue.sojournUs = 0;
    dropTimes(queue, codel, 6000);
    queue.sojournUs = 4 * TARGET_US;
    // Long after that it begins anew.
    expect(dropTimes(queue, codel, 6250)).toEqual([6100, 6200]);
  });

  it('never drops from a queue that holds no more than a packet', () => {
    const [queue, codel] = [new StandingQueue(), new CoDel<number>(CODEL)];
    queue.sojournUs = 1e6;
    queue.bytes = 1514;
    expect(dropTimes(queue, codel, 1000)).toEqual([]);
  });

  it('has nothing to give from an empty queue', () => {
    expect(new CoDel(CODEL).dequeue({ bytes: 0, shift: () => undefined }, 0)).toBeUndefined();
  });
});

const options: FqCodelOptions = { ...FQ_CODEL_DEFAULTS, flowCount: 65_536 };
const fqOf = (rateBitsPerSecond: number, some: Partial<FqCodelOptions> = {}, queueBytes = 1e6) =>
  new FqCodel({ rateBitsPerSecond, queueBytes }, { ...options, ...some }, new Prng('hash'));

/**
 * The pseudo code of RFC 8290 (section 4) and 8289 (section 5), with its names and with lists of packets for queues, in time that
 * jumps from packet to packet. For flows that no hash puts together.
 */
function oracle(plan: readonly Arrival[], usPerByte: number, { targetUs, intervalUs, quantumBytes }: FqCodelOptions) {
  const left: [number, number][] = [];
  let dropped = 0;
  const fresh = () => ({
    q: [] as number[],
    deficit: 0,
    first_above: 0,
    drop_next: 0,
    count: 0,
    lastcount: 0,
    dropping: false,
  });
  const queues = new Map<number, ReturnType<typeof fresh>>();
  let [newQueues, oldQueues] = [[] as number[], [] as number[]];
  const dodequeue = (flow: ReturnType<typeof fresh>, now: number) => {
    const p = flow.q.shift();
    if (p === undefined) {
      flow.first_above = 0;
      return { p, ok: false };
    }
    const bytes = flow.q.reduce((sum, each) => sum + plan[each]!.bytes, 0);
    if (now - plan[p]!.atUs < targetUs || bytes <= 1514) {
      flow.first_above = 0;
      return { p, ok: false };
    }
    if (flow.first_above === 0) {
      flow.first_above = now + intervalUs;
      return { p, ok: false };
    }
    return { p, ok: now >= flow.first_above };
  };
  const codel = (flow: ReturnType<typeof fresh>, now: number) => {
    let r = dodequeue(flow, now);
    const law = (t: number) => t + intervalUs / Math.sqrt(flow.count);
    if (flow.dropping) {
      if (!r.ok) flow.dropping = false;
      while (now >= flow.drop_next && flow.dropping) {
        dropped++;
        flow.count++;
        r = dodequeue(flow, now);
        if (!r.ok) flow.dropping = false;
        else flow.drop_next = law(flow.drop_next);
      }
    } else if (r.ok) {
      dropped++;
      r = dodequeue(flow, now);
      flow.dropping = true;
      const delta = flow.count - flow.lastcount;
      flow.count = delta > 1 && now - flow.drop_next < 16 * intervalUs ? delta : 1;
      flow.drop_next = law(now);
      flow.lastcount = flow.count;
    }
    return r.p;
  };
  const dequeue = (now: number): number | undefined => {
    for (;;) {
      const isNew = newQueues.length > 0;
      const number = isNew ? newQueues[0] : oldQueues[0];
      if (number === undefined) return undefined;
      const flow = queues.get(number)!;
      const removed = () => {
        if (isNew) newQueues = newQueues.slice(1);
        else oldQueues = oldQueues.slice(1);
      };
      if (flow.deficit <= 0) {
        flow.deficit += quantumBytes;
        removed();
        oldQueues = [...oldQueues, number];
        continue;
      }
      const p = codel(flow, now);
      if (p !== undefined) {
        flow.deficit -= plan[p]!.bytes;
        return p;
      }
      removed();
      if (isNew && oldQueues.length > 0) oldQueues = [...oldQueues, number];
    }
  };
  let freeUs = 0;
  const sendUntil = (nowUs: number) => {
    while (freeUs <= nowUs) {
      const index = dequeue(freeUs);
      if (index === undefined) return;
      freeUs += plan[index]!.bytes * usPerByte;
      left.push([index, Math.ceil(freeUs)]);
    }
  };
  for (const [index, { atUs, flow: number }] of plan.entries()) {
    sendUntil(atUs);
    freeUs = Math.max(freeUs, atUs);
    const flow = queues.get(number) ?? fresh();
    queues.set(number, flow);
    flow.q.push(index);
    if (!newQueues.includes(number) && !oldQueues.includes(number)) {
      flow.deficit = quantumBytes;
      newQueues = [...newQueues, number];
    }
    sendUntil(atUs);
  }
  sendUntil(Number.POSITIVE_INFINITY);
  return { left, droppedCount: dropped };
}

describe('fair queueing with CoDel', () => {
  it('lets go and drops what the pseudo code of the RFCs does', () => {
    // Long enough at a slow link that CoDel drops.
    const plans = fc.array(arrivals(5), { minLength: 1, maxLength: 8 }).map((parts) => {
      let fromUs = 0;
      return parts.flatMap((part) => {
        const startUs = fromUs;
        fromUs += part.at(-1)!.atUs;
        return part.map((arrival) => ({ ...arrival, atUs: startUs + arrival.atUs }));
      });
    });
    let droppedCount = 0;
    fc.assert(
      fc.property(plans, fc.constantFrom(0.5, 1, 2, 8), fc.constantFrom(300, 1514), (plan, usPerByte, quantumBytes) => {
        const some = { ...options, quantumBytes, intervalUs: 20_000 };
        const expected = oracle(plan, usPerByte, some);
        droppedCount += expected.droppedCount;
        expect(play(fqOf(8e6 / usPerByte, some, 1e9), plan)).toEqual(expected);
      }),
      { numRuns: 100 },
    );
    // The plans are random: 92 to 228 drops in a dozen runs.
    expect(droppedCount).toBeGreaterThan(10);
  });

  it('sends each flow’s packets in order, and loses none but those that it counts', () => {
    fc.assert(
      fc.property(
        arrivals(5),
        fc.integer({ min: 2000, max: 20_000 }),
        fc.constantFrom(1, 3, 1024),
        (plan, queueBytes, flowCount) => {
          const link = fqOf(1e6, { flowCount, intervalUs: 10_000 }, queueBytes);
          const { left, droppedCount } = play(link, plan);
          expect(left.length + droppedCount).toBe(plan.length);
          expect([link.backlogBytes, link.nextUs]).toEqual([0, Number.POSITIVE_INFINITY]);
          for (let flow = 0; flow < 5; flow++) {
            const own = left.map(([index]) => index).filter((index) => plan[index]!.flow === flow);
            expect(own).toEqual([...own].sort((a, b) => a - b));
          }
        },
      ),
    );
  });

  it('shares the link among flows that want too much, however much they want, and leaves a small one alone', () => {
    const plan: Arrival[] = [];
    for (let us = 0; us < 5e6; us += 500) {
      plan.push({ atUs: us, bytes: 1250, flow: 0 });
      if (us % 1500 === 0) plan.push({ atUs: us, bytes: 1250, flow: 1 });
      if (us % 20_000 === 0) plan.push({ atUs: us, bytes: 250, flow: 2 });
    }
    const { left } = play(fqOf(4e6), plan);
    const during = left.filter(([, atUs]) => atUs < 5e6);
    const bytesOf = (flow: number) =>
      during.reduce((sum, [index]) => sum + (plan[index]!.flow === flow ? plan[index]!.bytes : 0), 0);
    expect(bytesOf(0) / bytesOf(1)).toBeCloseTo(1, 1);
    expect(bytesOf(2)).toBeGreaterThan(250 * 249);
    // The small flow mostly waits for the rest of one packet of 2.5 ms, and never for more than a round of two packets a flow.
    const waits = during.filter(([index]) => plan[index]!.flow === 2).map(([index, atUs]) => atUs - plan[index]!.atUs);
    expect(waits.reduce((sum, us) => sum + us, 0) / waits.length).toBeLessThan(500 + 2500);
    expect(Math.max(...waits)).toBeLessThanOrEqual(500 + 5 * 2500);
  });

  it('makes room in the longest queue, from its head, when there is no room', () => {
    const plan = [
      ...Array.from({ length: 40 }, () => ({ atUs: 0, bytes: 1000, flow: 0 })),
      { atUs: 0, bytes: 1000, flow: 1 },
    ];
    const { left, droppedCount } = play(fqOf(8e6, {}, 39_500), plan);
    // The first is being sent; of the 39 others the older half goes for the last. A turn is two packets.
    expect(droppedCount).toBe(20);
    expect(left.slice(0, 3).map(([index]) => index)).toEqual([0, 21, 40]);
  });

  it('treats flows that a hash puts together as one', () => {
    const plan = Array.from({ length: 6 }, (_, index) => ({ atUs: 0, bytes: 1500, flow: index < 4 ? 0 : 1 }));
    const order = (flowCount: number) => play(fqOf(8e6, { flowCount }), plan).left.map(([index]) => index);
    expect(order(1)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(order(65_536)).toEqual([0, 1, 4, 5, 2, 3]);
  });

  it('sends the rest of a packet, and the others, at a new rate', () => {
    const link = fqOf(8e6);
    play(link, []);
    for (let i = 0; i < 2; i++) link.offer({ wireBytes: 1000, flow: { group: 'a', port: 1, source: '' } } as never, 0);
    expect(link.waitUs()).toBe(2000);
    link.change({ rateBitsPerSecond: 4e6, queueBytes: 1e6 }, 500);
    expect(link.nextUs).toBe(1500);
    link.take();
    expect(link.nextUs).toBe(3500);
  });
});
