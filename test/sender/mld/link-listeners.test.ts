import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LinkListeners } from '../../../dist/sender/mld/link-listeners.js';
import { addressFromBytes } from '../../../dist/wire/address.js';
import { readMld } from '../../../dist/wire/mld.js';
import { digits, query, query1, report1, report2 } from '../../wire/slow-mld.js';

const GROUP_DIGITS = digits('group');
const SOURCE_DIGITS = digits('source', 'fd00');
const OTHER_DIGITS = digits('other', 'fd00');
const text = (address: string) => addressFromBytes(Buffer.from(address, 'hex'));
const GROUP = text(GROUP_DIGITS);
const SOURCE = text(SOURCE_DIGITS);
const host = (i: number) => digits(i, 'fe80');

/** A tracker that hears packets, in seconds. */
class Heard {
  readonly listeners = new LinkListeners(0);
  nowS = 0;

  constructor(source?: string) {
    this.listeners.watch(GROUP, source);
  }

  at(second: number, ...packets: readonly Buffer[]): this {
    this.nowS = second;
    for (const packet of packets) this.listeners.take(readMld(packet)!, second * 1e6);
    return this;
  }

  /** As after the first two queries, which nobody has answered. */
  informed(): this {
    this.at(0, query()).at(125, query()).at(250, query());
    return this.at(261);
  }

  get reason(): string {
    return this.listeners.state(GROUP, this.nowS * 1e6).reason;
  }

  get isWanted(): boolean {
    return this.listeners.state(GROUP, this.nowS * 1e6).isWanted;
  }
}

const record = (kind: string, sources: readonly string[] = [], group = GROUP_DIGITS) => ({ kind, group, sources });

describe('the listeners of a link', () => {
  it('may be there until they have been asked for as long as a report holds, and then are not', () => {
    const heard = new Heard();
    expect([heard.at(100).reason, heard.isWanted]).toEqual(['not asked yet', true]);
    heard.at(100, query());
    for (const second of [101, 112, 225, 359])
      expect([heard.at(second, query()).reason, heard.isWanted]).toEqual(['not asked yet', true]);
    expect([heard.at(361).reason, heard.isWanted]).toEqual(['no listener', false]);
    // A group that is watched later is asked for by the next queries.
    heard.listeners.watch(text(digits('later')), undefined);
    expect(heard.listeners.state(text(digits('later')), 400e6).reason).toBe('not asked yet');
    expect(heard.reason).toBe('no listener');
  });

  it('count as there when no querier has come for 255 s, and when the querier is silent for 255 s', () => {
    const never = new Heard();
    expect(never.at(254).reason).toBe('not asked yet');
    expect([never.at(255).reason, never.isWanted]).toEqual(['no querier', true]);
    const lost = new Heard().informed();
    expect(lost.isWanted).toBe(false);
    expect(lost.at(504).isWanted).toBe(false);
    expect([lost.at(505).reason, lost.isWanted]).toEqual(['no querier', true]);
    // When it comes back, all have to be asked again.
    expect(lost.at(600, query()).reason).toBe('not asked yet');
    expect(lost.at(700, query()).isWanted).toBe(true);
    expect(lost.at(800, query()).at(861).isWanted).toBe(false);
  });

  it.each([
    ['isEx', [], true],
    ['toEx', [], true],
    ['isIn', [], false],
    ['toIn', [SOURCE_DIGITS], true],
    ['isIn', [OTHER_DIGITS], false],
    ['allow', [OTHER_DIGITS, SOURCE_DIGITS], true],
    ['allow', [OTHER_DIGITS], false],
    ['isEx', [SOURCE_DIGITS], false],
    ['isEx', [OTHER_DIGITS], true],
    ['block', [OTHER_DIGITS], false],
  ] as const)('that report %s with %j listen to this source: %s', (kind, sources, isWanted) => {
    const heard = new Heard(SOURCE).informed();
    expect(
      heard.at(262, report2([record('isEx', [], digits('another')), record(kind, sources)], host(1))).isWanted,
    ).toBe(isWanted);
  });

  it('leave one by one: the group is given up 2 s after the last, at once wanted again, and not at the first leave of one', () => {
    for (const [join, leave] of [
      [record('toEx'), record('toIn')],
      [record('allow', [SOURCE_DIGITS]), record('block', [SOURCE_DIGITS])],
    ] as const) {
      const heard = new Heard(SOURCE).informed();
      heard.at(262, report2([join], host(1)), report2([join], host(2)));
      expect(heard.at(263, report2([leave], host(1))).at(300).isWanted).toBe(true);
      expect(heard.at(300, report2([leave], host(2))).at(302).isWanted).toBe(true);
      expect(heard.at(302.2).isWanted).toBe(false);
      expect(heard.at(303, report2([join], host(1))).isWanted).toBe(true);
    }
  });

  it('of version 1 are given up only when nobody has answered the querier', () => {
    const heard = new Heard().informed();
    heard.at(262, report1(GROUP_DIGITS));
    expect(heard.at(263, report1(GROUP_DIGITS, 132)).at(300).isWanted).toBe(true);
    // The querier asks for the group; another host answers.
    heard.at(300, query1(GROUP_DIGITS, 1000)).at(300.5, report1(GROUP_DIGITS, 131, host(2)));
    expect(heard.at(303).isWanted).toBe(true);
    expect(heard.at(304, query1(GROUP_DIGITS, 1000)).at(306).isWanted).toBe(true);
    expect(heard.at(306.2).isWanted).toBe(false);
    // A query that only confirms another's state changes nothing, nor does one about a source.
    heard.at(307, report1(GROUP_DIGITS));
    heard.at(308, query({ group: GROUP_DIGITS, responseCode: 1000, flags: 0x0a }));
    heard.at(308, query({ group: GROUP_DIGITS, sources: [OTHER_DIGITS], responseCode: 1000 }));
    expect(heard.at(320).isWanted).toBe(true);
  });

  it('are remembered one by one up to a bound, and beyond it as some, until their reports would have come again', () => {
    const heard = new Heard().informed();
    for (let i = 0; i < 5000; i++) heard.at(262, report2([record('isEx')], host(i)));
    for (let i = 0; i < 5000; i++) heard.at(263, report2([record('toIn')], host(i)));
    heard.at(375, query()).at(500, query());
    expect(heard.at(521).isWanted).toBe(true);
    expect(heard.at(523).isWanted).toBe(false);
  });

  it('are sent to from their first report on until they have left or vanished, whatever gets lost as the standard allows', () => {
    const plan = fc.record({
      seed: fc.nat(),
      visits: fc.array(
        fc.record({
          joinS: fc.integer({ min: 0, max: 2000 }),
          stayS: fc.integer({ min: 1, max: 900 }),
          isFirst: fc.boolean(),
          vanishes: fc.boolean(),
        }),
        { maxLength: 6 },
      ),
    });
    fc.assert(
      fc.property(plan, ({ seed, visits }) => {
        let state = seed;
        // xorshift, so that a failing plan can be repeated.
        const random = () => {
          state ^= state << 13;
          state ^= state >>> 17;
          state ^= state << 5;
          return (state >>> 0) / 2 ** 32;
        };
        const events: { readonly atS: number; readonly packet: Buffer }[] = [];
        const say = (atS: number, packet: Buffer) => events.push({ atS, packet });
        const isThere = ({ joinS, stayS }: (typeof visits)[number], atS: number) => atS >= joinS && atS < joinS + stayS;
        const hello = (i: number) =>
          visits[i]!.isFirst ? report1(GROUP_DIGITS, 131, host(i)) : report2([record('isEx')], host(i));
        /** All that listen answer; of those of version 1 only one does. */
        const answer = (atS: number, withinS: number, isDelivered: () => boolean) => {
          let isSuppressed = false;
          for (const [i, visit] of visits.entries()) {
            const answerS = atS + random() * withinS;
            if (!isThere(visit, atS) || !isThere(visit, answerS) || (visit.isFirst && isSuppressed)) continue;
            isSuppressed ||= visit.isFirst;
            if (isDelivered()) say(answerS, hello(i));
          }
        };
        // Every second answer is lost, at most.
        for (let i = 0; i <= 32; i++) {
          say(i * 125, query());
          answer(i * 125, 9, () => i % 2 === 0 || random() < 0.5);
        }
        for (const [i, { joinS, stayS, isFirst, vanishes }] of visits.entries()) {
          say(joinS, hello(i));
          if (vanishes) continue;
          const leaveS = joinS + stayS;
          say(leaveS, isFirst ? report1(GROUP_DIGITS, 132, host(i)) : report2([record('toIn')], host(i)));
          for (const asksS of [leaveS + 0.01, leaveS + 1.01]) {
            say(asksS, query({ group: GROUP_DIGITS, responseCode: 1000 }));
            answer(asksS, 0.9, () => asksS > leaveS + 1 || random() < 0.5);
          }
        }
        const heard = new Heard();
        const sorted = events.toSorted((a, b) => a.atS - b.atS);
        for (let [second, next] = [0, 0]; second < 4000; second++) {
          for (; next < sorted.length && sorted[next]!.atS <= second; next++)
            heard.at(sorted[next]!.atS, sorted[next]!.packet);
          heard.at(second);
          if (visits.some((visit) => isThere(visit, second))) expect([second, heard.isWanted]).toEqual([second, true]);
          const isSilent = visits.every(({ joinS, stayS }) => second < joinS || second > joinS + stayS + 261);
          if (second > 261 && isSilent) expect([second, heard.isWanted]).toEqual([second, false]);
        }
      }),
      { numRuns: 20 },
    );
  });
});
