import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { describeBed } from './allowed.js';
import { hasTool } from './machine.js';
import { RoutedBed } from './routed-bed.js';
import { RoutedPlan, type Tree } from './routed-plan.js';
import { outputsOf } from './routing-state.js';
import { until } from './until.js';

const receiver = fileURLToPath(new URL('peers/receiver.mjs', import.meta.url));
const sender = fileURLToPath(new URL('peers/sender.mjs', import.meta.url));
const group = 'ff15::1';

/** Three routers in two rows, a host behind each way. */
const tree: Tree = {
  lans: { core: ['alpha', 'near'], middle1: [], middle2: [], lan1: ['r1'], lan2: ['r2'] },
  routers: {
    root: { above: 'core', below: ['middle1', 'middle2'] },
    left: { above: 'middle1', below: ['lan1'] },
    right: { above: 'middle2', below: ['lan2'] },
  },
};

describe('what routers forward', () => {
  const plan = new RoutedPlan(tree);
  const member = (host: string, of = group) => ({ host, group: of, source: undefined, excluded: [] });
  const outputs = (...members: readonly ReturnType<typeof member>[]) =>
    Object.fromEntries(
      [...outputsOf(plan, members)].map(([router, groups]) => [
        router,
        [...groups].map(([of, names]) => `${of} ${[...names].sort()}`),
      ]),
    );

  test('goes where hosts listen, and on the way there', () => {
    expect(outputs(member('r1'))).toEqual({ root: [`${group} eth1`], left: [`${group} eth1`], right: [] });
    expect(outputs(member('r1'), member('r2')).root).toEqual([`${group} eth1,eth2`]);
  });

  test('is nothing for listeners on the LAN of the source, for routers, and for groups of the link', () => {
    const idle = { root: [], left: [], right: [] };
    expect(outputs(member('near'), member('root-0'), member('left-0'), member('r1', 'ff02::fb'))).toEqual(idle);
    expect(outputs(member('r2', '224.0.0.1'))).toEqual(idle);
  });

  test('takes the way down that unicast takes', () => {
    const ways = plan.routes().filter(({ node, to }) => node === 'root' && to.ipv6 !== 'fd00::/16');
    expect(ways.map(({ to, via }) => [to.ipv6, via.node])).toEqual([
      ['fd00:4::/64', 'left'],
      ['fd00:5::/64', 'right'],
    ]);
  });

  test('is refused for a tree that is none', () => {
    const twice: Tree = { ...tree, routers: { ...tree.routers, more: { above: 'core', below: ['lan1'] } } };
    expect(() => new RoutedPlan(twice)).toThrow('LAN "lan1" is not below exactly one router');
    expect(() => new RoutedPlan({ lans: { core: ['a', 'a'] }, routers: {} })).toThrow('"a" cannot be');
    const circle = { one: { above: 'a', below: ['b'] }, two: { above: 'b', below: ['a'] } };
    expect(() => new RoutedPlan({ lans: { core: [], a: [], b: [] }, routers: circle })).toThrow(
      'no way leads from LAN "core" to LAN "a"',
    );
    const itself = { one: { above: 'a', below: ['a'] } };
    expect(() => new RoutedPlan({ lans: { core: [], a: [] }, routers: itself })).toThrow('no way leads from');
  });
});

if (!hasTool('smcrouted'))
  describe.skip('a bed with routers (skipped: this machine has no smcrouted; apt-get install smcroute)', () =>
    test('-'));
else {
  describeBed('a bed with routers', () => {
    test('brings a group to those who joined it, over all routers, and to no other link', async () => {
      await using bed = await RoutedBed.lay(tree, ['alpha']);
      const talk = { group, port: 4242, every: 10, name: 'eth0' };
      bed.host('alpha').spawn(process.execPath, [sender, JSON.stringify({ ...talk, count: 1e5 })]);
      await until('the sender sends', async () => (await bed.port('alpha').received(group)).packets > 5);
      const heard = async (port: string) => (await bed.port(port).sent(group)).packets;
      expect(await Promise.all(['root-0', 'near', 'left-0', 'r1'].map(heard))).toEqual([0, 0, 0, 0]);
      const listener = bed
        .host('r1')
        .spawn(process.execPath, [receiver, JSON.stringify({ ...talk, membership: '::%eth0' })]);
      await listener.waitForEvent('heard');
      expect(await Promise.all(['near', 'right-0', 'r2'].map(heard))).toEqual([0, 0, 0]);
      await listener[Symbol.asyncDispose]();
      await until(
        'no router listens any more',
        async () => !(await bed.memberships()).some((one) => one.group === group),
      );
      const [before, sent] = [await heard('root-0'), (await bed.port('alpha').received(group)).packets];
      await until('the sender goes on', async () => (await bed.port('alpha').received(group)).packets > sent + 20);
      expect(await heard('root-0')).toBe(before);
      expect(bed.routingFailure).toBeUndefined();
    });
  });
}
