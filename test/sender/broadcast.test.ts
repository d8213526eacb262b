import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { simulatedKeys, simulatedObject } from '../../dist/simulate/index.js';
import { recordDatagrams } from '../../dist/wire/fragments.js';
import { ANNOUNCEMENT_CHANNEL, Flag, newHeader, readHeader, tagOf } from '../../dist/wire/header.js';
import { seed, seeded } from '../simulate/seed.js';
import { BroadcastRig, INTERVAL_US, tagOfRecord } from './broadcast-rig.js';

describe('the broadcast of a server', () => {
  it('stops announcing two objects that fail at the same moment, and continues with the third', async () => {
    const rig = new BroadcastRig('two fail');
    await rig.settle(rig.announceAt());
    const [a, b, c] = ['a', 'b', 'c'].map((name, group) => rig.object(name, 1, [group]));
    await rig.settle(Promise.all([a!, b!, c!].map(({ sent }) => rig.broadcast.put(sent))));
    await rig.bed.pass(1);
    a!.source.change();
    b!.source.change();
    await rig.bed.pass(1);
    expect(rig.losses.map(({ label }) => label).sort()).toEqual(['a 1', 'b 1']);
    const fromUs = rig.nowUs;
    await rig.bed.pass(1);
    const announced = rig.announcements.filter(({ atUs }) => atUs > fromUs).map(({ tag }) => tag);
    expect([...new Set(announced)]).toEqual([tagOfRecord(c!.sent)]);
    expect(new Set(rig.data.filter(({ atUs }) => atUs > fromUs).map(({ channel }) => channel))).toEqual(
      new Set(['ff15::a2']),
    );
    expect([a!.releaseCount, b!.releaseCount, c!.releaseCount]).toEqual([1, 1, 0]);
    rig.expectSafe();
  });

  it('says in its announcements for as long as more objects will come', async () => {
    const rig = new BroadcastRig('starting');
    await rig.settle(rig.announceAt());
    rig.broadcast.setStarting(true);
    await rig.settle(rig.broadcast.put(rig.object('a', 1, [0]).sent));
    await rig.bed.pass(1);
    const endUs = rig.nowUs;
    rig.broadcast.setStarting(false);
    await rig.bed.pass(1);
    const flagsOf = (isBefore: boolean) =>
      new Set(rig.announcements.filter(({ atUs }) => atUs <= endUs === isBefore).map(({ flags }) => flags));
    expect([flagsOf(true), flagsOf(false)]).toEqual([new Set([Flag.starting]), new Set([0])]);
    expect(rig.data.some(({ flags }) => (flags & Flag.starting) !== 0)).toBe(false);
  });

  it('announces all records that are in turn, though others change before each round has ended', async () => {
    const rig = new BroadcastRig('records in turn');
    await rig.settle(rig.announceAt());
    const piecesOf = (text: string) => recordDatagrams(Buffer.from(text), 0, ANNOUNCEMENT_CHANNEL);
    const turns = ['one', 'two', 'three', 'four'];
    for (let change = 0; change < 12; change++) {
      const others = [piecesOf(`change ${change}`)];
      await rig.settle(
        rig.broadcast.announceBeside(
          new Map([
            ['turns', turns.map(piecesOf)],
            ['others', others],
          ]),
        ),
      );
      await rig.bed.pass((1.2 * INTERVAL_US) / 1e6);
    }
    const announced = new Set(rig.announcements.map(({ tag }) => tag));
    const header = newHeader();
    for (const text of turns) {
      const [piece] = piecesOf(text);
      readHeader(piece!, 0, piece!.length, header);
      expect(announced).toContain(tagOf(header));
    }
  });

  it('refuses an object whose first read fails, and neither sends nor announces it', async () => {
    const rig = new BroadcastRig('first read');
    await rig.settle(rig.announceAt());
    const broken = rig.object('a', 1, [0, 1]);
    broken.source.change();
    const put = rig.broadcast.put(broken.sent);
    await rig.settle(put.catch(() => undefined));
    await expect(put).rejects.toMatchObject({ code: 'OBJECT_CHANGED' });
    await rig.bed.pass(1);
    expect([rig.data, rig.announcements, rig.losses]).toEqual([[], [], []]);
    expect(broken.releaseCount).toBe(1);
  });

  it('changes and stops as always while the disk of an object that is to come does not answer', async () => {
    const rig = new BroadcastRig('hanging disk');
    await rig.settle(rig.announceAt());
    const [a, b, hanging] = [rig.object('a', 1, [0]), rig.object('b', 1, [1]), rig.object('c', 1, [2], 1e12)];
    await rig.settle(rig.broadcast.put(a.sent));
    const put = rig.broadcast.put(hanging.sent);
    put.catch(() => undefined);
    await rig.settle(rig.broadcast.put(b.sent));
    await rig.settle(rig.broadcast.withdraw(a.sent));
    await rig.settle(rig.broadcast.renew(b.sent, [b.object.descriptor, b.object.record]));
    b.source.change();
    await rig.bed.pass(1);
    expect([rig.onAir, rig.losses.map(({ label }) => label)]).toEqual([[], ['b 1']]);
    await rig.settle(rig.broadcast.stop());
    rig.expectSafe();
  });

  it('waits no more for the disk of an object when it is told to, and sends the version before', async () => {
    const rig = new BroadcastRig('abandoned disk');
    await rig.settle(rig.announceAt());
    await rig.settle(rig.broadcast.put(rig.object('a', 1, [0]).sent));
    const abandoning = new AbortController();
    const put = rig.broadcast.put(rig.object('a', 2, [0], 1e12).sent, abandoning.signal);
    abandoning.abort(new Error('abandoned'));
    await expect(put).rejects.toThrow('abandoned');
    expect(rig.onAir).toEqual(['a 1']);
    await rig.settle(rig.broadcast.stop());
    rig.expectSafe();
  });

  it('keeps sending a version when the next version cannot begin', async () => {
    const rig = new BroadcastRig('next version');
    await rig.settle(rig.announceAt());
    const [first, second] = [rig.object('a', 1, [0]), rig.object('a', 2, [0])];
    await rig.settle(rig.broadcast.put(first.sent));
    second.source.change();
    await rig.settle(rig.broadcast.put(second.sent).catch(() => undefined));
    const before = rig.data.length;
    await rig.bed.pass(1);
    expect(rig.onAir).toEqual(['a 1']);
    expect(rig.data.length - before).toBeGreaterThan(90);
    rig.expectSafe();
  });

  it('takes an object off the air, and reports it, when another object takes one of its channels', async () => {
    const rig = new BroadcastRig('taken channel');
    const [a, b] = [rig.object('a', 1, [0, 1]), rig.object('b', 1, [1])];
    await rig.settle(rig.broadcast.put(a.sent));
    await rig.settle(rig.broadcast.put(b.sent));
    await rig.bed.pass(1);
    expect(rig.onAir).toEqual(['b 1']);
    expect(rig.losses).toEqual([{ label: 'a 1', error: undefined }]);
    rig.expectSafe();
  });

  it('reports for each group of announcements when the network refuses it and when the network takes it again', async () => {
    const rig = new BroadcastRig('refused groups');
    await rig.settle(rig.announceAt());
    await rig.settle(rig.broadcast.put(rig.object('a', 1, [0]).sent));
    rig.refusedGroups.add('ff15::f').add('ff15::a0');
    await rig.bed.pass(1);
    rig.refusedGroups.delete('ff15::f');
    await rig.bed.pass(1);
    const told = (one: string) => rig.networkEvents.filter(({ group }) => group === one).map(({ failure }) => failure);
    expect(told('ff15::f')).toEqual(['ENODEV', undefined]);
    expect(told('ff15::a0')).toEqual(['ENODEV']);
  });

  it('announces a new object at once, not at the end of the round, within the rate of announcements', async () => {
    const rig = new BroadcastRig('pace');
    const rate = 64_000;
    await rig.settle(rig.announceAt(rate));
    const crowd = Array.from({ length: 100 }, (_, i) => rig.object(`crowd ${i}`, 1, []));
    for (const { sent } of crowd) await rig.settle(rig.broadcast.put(sent));
    const packetBits = (crowd[0]!.sent.publication.announcement[0]!.length + 48) * 8;
    await rig.bed.pass(30);
    // There are far too many objects for the interval. The rate decides, and each object has its turn.
    const fromUs = rig.nowUs;
    await rig.bed.pass(10);
    const sent = rig.announcements.filter(({ atUs }) => atUs > fromUs);
    expect(sent.length * packetBits).toBeLessThan(10 * rate * 1.05);
    expect(sent.length * packetBits).toBeGreaterThan(10 * rate * 0.9);
    expect(new Set(sent.map(({ tag }) => tag)).size).toBe(100);
    const late = rig.object('late', 1, []);
    await rig.settle(rig.broadcast.put(late.sent));
    await rig.bed.pass((3 * packetBits) / rate);
    expect(rig.announcements.some(({ tag }) => tag === tagOfRecord(late.sent))).toBe(true);
    rig.expectSafe();
  });

  it('sends a renewed record on the channels and in the announcements without a gap', async () => {
    const rig = new BroadcastRig('renewed');
    await rig.settle(rig.announceAt());
    const made = rig.object('a', 1, [0]);
    await rig.settle(rig.broadcast.put(made.sent));
    await rig.bed.pass(1);
    const keys = simulatedKeys(rig.bed.network.prng.fork('other keys'));
    const channels = [{ rateBitsPerSecond: 1e6, group: 'ff15::a0' }];
    const plan = { object: 'a', content: made.object.content, channels, symbolBytes: 1154, blockSymbols: 64 };
    const renewed = simulatedObject({ ...plan, expiresS: 1e6 }, keys.privateKey);
    const before = tagOfRecord(made.sent);
    await rig.settle(rig.broadcast.renew(made.sent, [renewed.descriptor, renewed.record]));
    const [fromUs, sentBefore] = [rig.nowUs, rig.data.length];
    await rig.bed.pass(2);
    expect(rig.data.length - sentBefore).toBeGreaterThanOrEqual(199);
    const tags = new Set(rig.announcements.filter(({ atUs }) => atUs > fromUs).map(({ tag }) => tag));
    expect([...tags]).toEqual([tagOfRecord(made.sent)]);
    expect(tags.has(before)).toBe(false);
    const riding = rig.data.filter(({ atUs, tag }) => atUs > fromUs + 100_000 && tags.has(tag));
    expect(riding.length).toBeGreaterThan(0);
    rig.expectSafe();
  });

  it(seeded(
    'gives each channel one owner and announces exactly what it sends, whatever changes at whatever moment',
  ), async () => {
    const action = fc.record({
      kind: fc.constantFrom('put', 'put', 'put', 'withdraw', 'change', 'fail', 'down', 'up', 'move', 'renew'),
      which: fc.nat(50),
      groups: fc.uniqueArray(fc.nat(3), { maxLength: 2 }),
      readUs: fc.constantFrom(0, 0, 30_000),
      pauseMs: fc.constantFrom(0, 0, 0, 10, 300),
    });
    const plan = fc.record({ actions: fc.array(action, { maxLength: 25 }), stopMs: fc.nat(100) });
    let number = 0;
    await fc.assert(
      fc.asyncProperty(plan, async ({ actions, stopMs }) => {
        const rig = new BroadcastRig(`model ${number++}`);
        await rig.settle(rig.announceAt());
        const pending: Promise<unknown>[] = [];
        for (const { kind, which, groups, readUs, pauseMs } of actions) {
          const some = rig.objects[which % Math.max(1, rig.objects.length)];
          const { broadcast } = rig;
          const name = ['a', 'b', 'c'][which % 3]!;
          if (kind === 'put') {
            pending.push(
              broadcast.put(rig.object(name, rig.objects.length + 1, groups, readUs).sent).catch(() => undefined),
            );
          } else if (kind === 'move') pending.push(rig.announceAt(256_000, `ff15::f${which % 2}`));
          else if (kind === 'down') rig.host.interfaceDown();
          else if (kind === 'up') rig.host.interfaceUp();
          else if (some === undefined) continue;
          else if (kind === 'withdraw') pending.push(broadcast.withdraw(some.sent));
          else if (kind === 'fail') pending.push(broadcast.fail(some.sent, new Error('gone')));
          else if (kind === 'renew')
            pending.push(broadcast.renew(some.sent, [some.object.descriptor, some.object.record]));
          else some.source.change();
          await rig.bed.pass(pauseMs / 1000);
          rig.expectSafe();
        }
        await liveness(rig, pending);
        pending.push(rig.broadcast.put(rig.object('late', 1, [0], 50_000).sent).catch(() => undefined));
        await rig.bed.pass(stopMs / 1000);
        const stopped = rig.broadcast.stop();
        const sentBefore = rig.data.length + rig.announcements.length;
        await rig.settle(Promise.all([stopped, ...pending]));
        await rig.bed.pass(1);
        expect(rig.data.length + rig.announcements.length).toBe(sentBefore);
        expect(rig.objects.map(({ releaseCount }) => releaseCount)).toEqual(rig.objects.map(() => 1));
      }),
      { numRuns: 60, seed: [...seed].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) | 0, 7) },
    );
  }, 60_000);
});

/** After faults have ended, every object on the air is sent, and announced within two intervals. */
async function liveness(rig: BroadcastRig, pending: readonly Promise<unknown>[]): Promise<void> {
  rig.host.interfaceUp();
  await rig.settle(Promise.all(pending));
  await rig.bed.pass(2.5);
  const [fromUs, onAir] = [rig.nowUs, rig.broadcast.objects];
  await rig.bed.pass((2 * INTERVAL_US) / 1e6);
  // An object that failed in this time is left out.
  const still = onAir.filter((sent) => rig.broadcast.has(sent));
  const announced = new Set(rig.announcements.filter(({ atUs }) => atUs >= fromUs).map(({ tag }) => tag));
  const heard = new Set(rig.data.filter(({ atUs }) => atUs >= fromUs).map(({ channel }) => channel));
  expect(still.filter((sent) => !announced.has(tagOfRecord(sent)))).toEqual([]);
  for (const { channels } of still) for (const one of channels) expect(heard).toContain(one.destination.group);
  rig.expectSafe();
}
