import { describe, expect, it } from 'vitest';
import type { ReceivedBatch } from '../../../dist/base/ports.js';
import type { HostOptions, VirtualHost } from '../../../dist/simulate/net/host.js';
import { VirtualNetwork } from '../../../dist/simulate/net/network.js';
import { batchOfOne } from '../../sender/sent-datagrams.js';

const destination = { group: 'ff15::1', port: 4242, interface: undefined };

function bedOf() {
  const network = new VirtualNetwork('test');
  let addressCount = 0;
  const host = (name: string, options: Partial<HostOptions> = {}) =>
    network.addHost({ name, address: `fd00::${++addressCount}`, membershipUs: 0, ...options });
  /** One datagram of one byte from this host. */
  const sayer = async (from: VirtualHost, hopLimit = 16) => {
    const socket = await from.openSender({ ...destination, source: undefined, hopLimit, dscp: 0 });
    return (byte: number) => socket.send(batchOfOne(Uint8Array.of(byte)));
  };
  const ear = async (at: VirtualHost, sources: readonly string[] = []) => {
    const heard: [atMs: number, byte: number][] = [];
    const onBatch = ({ buffers, starts, count }: ReceivedBatch) => {
      for (let i = 0; i < count; i++) heard.push([network.clock.nowUs / 1000, buffers[i]![starts[i]!]!]);
    };
    const joining = at.join({ ...destination, sources }, onBatch);
    return { heard, membership: await network.clock.until(joining, network.clock.nowUs + 1e6) };
  };
  const pass = (ms: number) => network.clock.run(network.clock.nowUs + ms * 1000);
  return { network, host, sayer, ear, pass };
}

describe('a virtual network', () => {
  it('carries datagrams to members and to nobody else', async () => {
    const { network, host, sayer, ear, pass } = bedOf();
    network.addLink({ name: 'left', down: { delayUs: 1000 } });
    network.addLink({ name: 'right', down: { delayUs: 1000 } });
    const [member, other] = [host('member', { below: 'left' }), host('other', { below: 'right' })];
    const say = await sayer(host('sender'));
    const { heard } = await ear(member);
    await pass(1);
    await say(7);
    await pass(10);
    expect(heard).toEqual([[2, 7]]);
    expect([member, other].map(({ down }) => down.counts.carriedCount)).toEqual([1, 0]);
  });

  it('grafts hop by hop, and stops only after the last member’s leave and its latency', async () => {
    const { network, host, sayer, ear, pass } = bedOf();
    const trunk = network.addLink({ name: 'trunk', graftDelayUs: 5000, leaveLatencyUs: 20_000 });
    const [one, two] = ['one', 'two'].map((name) => host(name, { below: 'trunk', graftDelayUs: 1000 }));
    const say = await sayer(host('sender'));
    const ear1 = await ear(one!);
    for (let ms = 0; ms < 10; ms++) {
      await say(ms);
      await pass(1);
    }
    // Forwarded from 6 ms on.
    expect(ear1.heard[0]).toEqual([6, 6]);
    const ear2 = await ear(two!);
    await pass(1);
    await say(50);
    await pass(1);
    // The trunk was grafted already: one hop is enough.
    expect(ear2.heard).toEqual([[11, 50]]);

    void ear1.membership.leave();
    await pass(30);
    await say(60);
    await pass(1);
    expect(ear2.heard.at(-1)).toEqual([42, 60]);
    void ear2.membership.leave();
    await pass(19);
    await say(70);
    await pass(2);
    const { carriedCount } = trunk.down.counts;
    await say(80);
    await pass(1);
    expect(trunk.down.counts.carriedCount).toBe(carriedCount);
    expect(carriedCount).toBeGreaterThan(5);
  });

  it('keeps forwarding to a member that joins again while a leave is under way', async () => {
    const { host, sayer, ear, pass } = bedOf();
    const receiver = host('receiver', { leaveLatencyUs: 10_000 });
    const say = await sayer(host('sender'));
    const { membership } = await ear(receiver);
    await pass(1);
    void membership.leave();
    await pass(6);
    const again = await ear(receiver);
    await pass(6);
    void again.membership.leave();
    // The first leave's time is over long ago, the second's is not.
    await pass(8);
    const last = await ear(receiver);
    await say(1);
    await pass(1);
    expect(last.heard).toHaveLength(1);
  });

  it('brings a source-specific member what its sources send', async () => {
    const { host, sayer, ear, pass } = bedOf();
    const [good, bad, receiver] = [host('good'), host('bad'), host('receiver')];
    const [sayGood, sayBad] = [await sayer(good), await sayer(bad)];
    const { heard } = await ear(receiver, [good.address]);
    await pass(1);
    await sayGood(1);
    await sayBad(2);
    await pass(1);
    expect(heard).toEqual([[1, 1]]);
    expect(receiver.down.counts.carriedCount).toBe(1);
    const all = await ear(receiver);
    await pass(1);
    await sayBad(3);
    await pass(1);
    expect(all.heard).toEqual([[3, 3]]);
    expect(heard).toHaveLength(1);
  });

  it('keeps what has hop limit 0 on the host', async () => {
    const { host, sayer, ear, pass } = bedOf();
    const sender = host('sender');
    const [own, others] = [await ear(sender), await ear(host('other'))];
    const say = await sayer(sender, 0);
    await say(9);
    await pass(1);
    expect([own.heard, others.heard]).toEqual([[[0, 9]], []]);
  });

  it('loses everything of a host that dies', async () => {
    const { host, sayer, ear, pass } = bedOf();
    const [sender, receiver] = [host('sender'), host('receiver')];
    const say = await sayer(sender);
    const { heard } = await ear(receiver);
    await pass(1);
    receiver.die();
    await say(1);
    await pass(1);
    sender.die();
    let isSettled = false;
    void say(2).then(() => {
      isSettled = true;
    });
    await pass(10);
    expect([heard, isSettled]).toEqual([[], false]);
  });

  it('overwrites a scrubbed datagram as soon as it has been handled', async () => {
    const { network, host, sayer, pass } = bedOf();
    const receiver = host('receiver', { scrubs: true });
    const kept: ReceivedBatch[] = [];
    const say = await sayer(host('sender'));
    const seen: number[] = [];
    await network.clock.until(
      receiver.join({ ...destination, sources: [] }, (batch) => {
        kept.push(batch);
        seen.push(batch.buffers[0]![batch.starts[0]!]!);
      }),
      1e6,
    );
    await pass(1);
    await say(1);
    await pass(1);
    expect(seen).toEqual([1]);
    expect(kept[0]!.buffers[0]![kept[0]!.starts[0]!]).not.toBe(1);
  });

  it('refuses sends and joins while an interface is down, and takes them after', async () => {
    const { host, sayer, ear, pass } = bedOf();
    const [sender, receiver] = [host('sender'), host('receiver')];
    const say = await sayer(sender);
    sender.interfaceDown();
    expect(await say(1)).toEqual({ sentCount: 0, failure: 'ENETDOWN' });
    receiver.interfaceDown();
    const refusal = receiver.join({ ...destination, sources: [] }, () => undefined);
    await expect(refusal).rejects.toMatchObject({ code: 'NETWORK_UNAVAILABLE' });
    sender.interfaceUp();
    receiver.interfaceUp();
    const { heard } = await ear(receiver);
    await pass(1);
    expect(await say(2)).toEqual({ sentCount: 1, failure: undefined });
    await pass(1);
    expect(heard.map(([, byte]) => byte)).toEqual([2]);
  });

  it('refuses links and hosts below what does not exist', () => {
    const { network, host } = bedOf();
    expect(() => host('lost', { below: 'nowhere' })).toThrow(expect.objectContaining({ code: 'USAGE' }));
    network.addLink({ name: 'twice' });
    expect(() => network.addLink({ name: 'twice' })).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});
