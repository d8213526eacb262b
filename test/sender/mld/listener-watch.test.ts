import { describe, expect, it } from 'vitest';
import { LayercastError } from '../../../dist/base/errors.js';
import type { ReportHearing } from '../../../dist/base/ports.js';
import { ListenerWatch } from '../../../dist/sender/mld/listener-watch.js';
import { HostClock } from '../../../dist/simulate/index.js';
import { addressToBytes } from '../../../dist/wire/address.js';
import { Bed } from '../../transfer/bed.js';
import { digits, query, report2 } from '../../wire/slow-mld.js';
import { destinationOf } from '../broadcast-rig.js';

const [A, B] = [destinationOf('ff12::a'), destinationOf('ff12::b')];
const digitsOf = (group: string) => Buffer.from(addressToBytes(group)).toString('hex');

/** A watch on a link whose packets the test makes. */
class Link {
  readonly bed = new Bed('listeners');
  readonly clock = new HostClock(this.bed.network.clock);
  readonly told: [atS: number, group: string, isWanted: boolean][] = [];
  readonly blind: (string | undefined)[] = [];
  readonly sent: Uint8Array[] = [];
  readonly heard: { name: string; groups: readonly string[]; isStale: boolean; isClosed: boolean }[] = [];
  refusal: Error | undefined;
  #onPackets: (packets: readonly Uint8Array[]) => void = () => undefined;
  readonly watch = new ListenerWatch(
    {
      clock: this.clock,
      random: () => 2 ** 31,
      network: {
        hearReports: async (name, onPackets) => {
          if (this.refusal !== undefined) throw this.refusal;
          const state = { name, groups: [] as readonly string[], isStale: false, isClosed: false };
          this.heard.push(state);
          this.#onPackets = onPackets;
          return {
            address: 'fe80::a',
            get isStale() {
              return state.isStale;
            },
            setGroups: (groups) => {
              state.groups = groups;
            },
            send: (packet) => void this.sent.push(packet),
            close: () => {
              state.isClosed = true;
            },
          } satisfies ReportHearing;
        },
      },
    },
    {
      onWanted: ({ group }, isWanted) => this.told.push([Math.floor(this.clock.nowUs() / 1e6), group, isWanted]),
      onBlind: (error) => this.blind.push(error?.code),
    },
  );

  hear(...packets: readonly Buffer[]): void {
    this.#onPackets(packets);
  }

  /** Lets time pass with a querier that asks each 125 s; nobody answers. */
  async quiet(seconds: number): Promise<void> {
    for (let left = seconds; left > 0; left -= 125) {
      this.hear(query());
      await this.bed.pass(Math.min(125, left));
    }
  }

  join(group: string, host = 1, kind = 'toEx'): void {
    this.hear(report2([{ kind, group: digitsOf(group), sources: [] }], digits(host, 'fe80')));
  }
}

describe('a watch of listeners', () => {
  it('has channels sent until it knows that nobody listens, and again at once with the first report', async () => {
    const link = new Link();
    link.watch.watch('eth0', [A, B]);
    await link.bed.pass(1);
    expect(link.heard).toMatchObject([{ name: 'eth0', groups: ['ff12::a', 'ff12::b'] }]);
    await link.quiet(262);
    expect(link.told).toEqual([
      [261, 'ff12::a', false],
      [261, 'ff12::b', false],
    ]);
    link.join('ff12::b');
    await link.bed.pass(0.02);
    expect(link.told.slice(2)).toEqual([[263, 'ff12::b', true]]);
    link.join('ff12::b', 1, 'toIn');
    await link.bed.pass(3);
    expect(link.told.slice(3)).toEqual([[265, 'ff12::b', false]]);
    expect(link.blind).toEqual([]);
    link.watch.close();
  });

  it('advertises a router twice soon and then every 15 to 20 s, and ends that', async () => {
    const link = new Link();
    link.watch.watch('eth0', [A]);
    await link.bed.pass(60);
    const isAdvertisement = link.sent.map((packet) => packet[48] === 151);
    expect(isAdvertisement).toHaveLength(3 + 3);
    expect(isAdvertisement.every(Boolean)).toBe(true);
    link.watch.close();
    expect(link.sent.at(-1)![48]).toBe(153);
    expect(link.heard[0]!.isClosed).toBe(true);
    const before = link.sent.length;
    await link.bed.pass(60);
    expect(link.sent).toHaveLength(before);
  });

  it('keeps what it knows of channels that stay, and has those sent that go', async () => {
    const link = new Link();
    link.watch.watch('eth0', [A, B]);
    await link.bed.pass(1);
    await link.quiet(262);
    link.told.length = 0;
    const C = destinationOf('ff12::c');
    // The same channel in another object of JavaScript, as after a reload.
    link.watch.watch('eth0', [{ ...A }, C]);
    expect(link.told).toEqual([[263, 'ff12::b', true]]);
    expect(link.heard).toMatchObject([{ groups: ['ff12::a', 'ff12::c'], isClosed: false }]);
    await link.quiet(262);
    expect(link.told.slice(1)).toEqual([[523, 'ff12::c', false]]);
    link.watch.watch('eth0', []);
    expect(link.told.slice(2).map(([, group, isWanted]) => [group, isWanted])).toEqual([
      ['ff12::a', true],
      ['ff12::c', true],
    ]);
    expect(link.heard[0]!.isClosed).toBe(true);
  });

  it('has all sent, and says so once, while nobody asks, and when reports cannot be heard', async () => {
    const silent = new Link();
    silent.watch.watch('eth0', [A]);
    await silent.bed.pass(1);
    await silent.quiet(262);
    expect(silent.told).toEqual([[261, 'ff12::a', false]]);
    await silent.bed.pass(600);
    expect(silent.told.slice(1).map(([, , isWanted]) => isWanted)).toEqual([true]);
    expect(silent.blind).toEqual([undefined]);
    const refused = new Link();
    refused.refusal = new LayercastError('PERMISSION_DENIED', 'no');
    refused.watch.watch('eth0', [A]);
    await refused.bed.pass(60);
    expect([refused.told, refused.blind]).toEqual([[], ['PERMISSION_DENIED']]);
    // It goes on trying: the right may come with a reload of the service, an interface by itself.
    refused.refusal = undefined;
    await refused.bed.pass(11);
    expect(refused.heard).toHaveLength(1);
  });

  it('begins anew on an interface that has come back, and on another interface', async () => {
    const link = new Link();
    link.watch.watch('eth0', [A]);
    await link.bed.pass(1);
    await link.quiet(262);
    link.heard[0]!.isStale = true;
    await link.bed.pass(2);
    expect(link.heard.map(({ name, isClosed }) => [name, isClosed])).toEqual([
      ['eth0', true],
      ['eth0', false],
    ]);
    expect(link.told.at(-1)![2]).toBe(true);
    link.watch.watch('eth1', [A]);
    await link.bed.pass(2);
    expect(link.heard.map(({ name, isClosed }) => [name, isClosed]).slice(1)).toEqual([
      ['eth0', true],
      ['eth1', false],
    ]);
  });

  it('hears nothing, advertises nothing and sets no timer without channels', async () => {
    const link = new Link();
    link.watch.watch('eth0', []);
    await link.bed.pass(60);
    expect([link.heard, link.sent, link.told]).toEqual([[], [], []]);
  });

  it('looks at most each 10 ms while reports come in a flood, and misses none of them', async () => {
    const link = new Link();
    link.watch.watch('eth0', [A]);
    await link.bed.pass(1);
    await link.quiet(262);
    for (let i = 0; i < 2000; i++) {
      link.join('ff12::a', i, i % 2 === 0 ? 'toEx' : 'toIn');
      await link.bed.pass(0.0005);
    }
    expect(link.told.slice(1)).toEqual([[263, 'ff12::a', true]]);
  });
});
