import type { Dialogue } from './dialogue.js';
import { parseMemberships } from './memberships.js';
import type { LabProcess } from './process.js';
import type { RoutedBed } from './routed-bed.js';
import { type Outputs, outputsOf } from './routing-state.js';
import { until } from './until.js';

/** What a router forwards: the interfaces that a group leaves by, for each group. */
type Applied = Map<string, ReadonlySet<string>>;

/**
 * The multicast routing of a bed: an smcrouted on each router, which does what this object tells it. As a proxy of MLD does (RFC 4605), a router forwards
 * a group to the LANs where, or behind which, a host listens, and is itself a listener of that group on the LAN above. So a group that nobody has
 * joined does not leave the server's LAN. Who listens, the bridges know.
 */
export class MulticastRouting implements AsyncDisposable {
  readonly #bed: RoutedBed;
  readonly #sources: readonly string[];
  readonly #watch: LabProcess;
  readonly #bridges: Dialogue;
  /** Takes the commands of each router. */
  readonly #routers: ReadonlyMap<string, Dialogue>;
  readonly #applied: ReadonlyMap<string, Applied>;
  #isEnding = false;
  #failure: unknown;

  private constructor(bed: RoutedBed, sources: readonly string[], watch: LabProcess) {
    this.#bed = bed;
    this.#sources = sources.flatMap((name) => bed.plan.plugsOf(name).flatMap(({ ipv6, ipv4 }) => [ipv6, ipv4]));
    this.#watch = watch;
    this.#bridges = bed.dialogue(['sh', '-c', 'while read -r _; do bridge -j -d mdb show; done']);
    this.#routers = new Map(
      bed.plan.routers.map((name) => [name, bed.dialogue(['smcroutectl', '-p', '-i', name, '-b'])]),
    );
    this.#applied = new Map(bed.plan.routers.map((router) => [router, new Map()]));
  }

  /** @param sources hosts of the first LAN: routers forward what these send */
  static async start(bed: RoutedBed, sources: readonly string[]): Promise<MulticastRouting> {
    await bed.host(bed.plan.routers[0]!).run('sh', ['-c', ': >/run/smcroute.conf']);
    await Promise.all(bed.plan.routers.map((router) => startRouter(bed, router)));
    const routing = new MulticastRouting(bed, sources, bed.watchMemberships());
    try {
      await routing.#apply();
    } catch (error) {
      await routing[Symbol.asyncDispose]();
      throw error;
    }
    void routing.#follow();
    return routing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isEnding = true;
    await Promise.all([this.#watch, this.#bridges, ...this.#routers.values()].map((one) => one[Symbol.asyncDispose]()));
  }

  /** Why routers may not forward what they should; undefined while they do. */
  get failure(): unknown {
    const complaint = [...this.#routers.values()].map((router) => router.complaint).join('');
    return this.#failure ?? (complaint === '' ? undefined : new Error(complaint));
  }

  /** Follows the changes that the bridges tell. Those that come while others are applied are applied together. */
  async #follow(): Promise<void> {
    try {
      for (let chars = await this.#watch.written(0); chars !== undefined; chars = await this.#watch.written(chars))
        await this.#apply();
      if (!this.#isEnding) this.#failure = new Error(`the watch of memberships ended: ${this.#watch.stderr}`);
    } catch (error) {
      // A bed that is being lifted ends the commands, too.
      if (!this.#isEnding) this.#failure = error;
    }
  }

  async #apply(): Promise<void> {
    const wanted = outputsOf(this.#bed.plan, parseMemberships(await this.#bridges.ask('show')));
    for (const router of this.#bed.plan.routers) this.#tell(router, wanted.get(router) ?? new Map());
  }

  #tell(router: string, wanted: Outputs): void {
    const applied = this.#applied.get(router)!;
    const lines = [...new Set([...applied.keys(), ...wanted.keys()])].flatMap((group) =>
      this.#commands(group, applied.get(group) ?? new Set(), wanted.get(group) ?? new Set()),
    );
    if (lines.length === 0) return;
    applied.clear();
    for (const [group, interfaces] of wanted) applied.set(group, interfaces);
    this.#routers.get(router)!.tell(lines);
  }

  /** Commands that change the way of a group. A router's way up is its first interface. */
  #commands(group: string, before: ReadonlySet<string>, after: ReadonlySet<string>): readonly string[] {
    const isIPv6 = group.includes(':');
    const sources = this.#sources.filter((address) => address.includes(':') === isIPv6);
    const more = [...after].filter((name) => !before.has(name));
    const less = [...before].filter((name) => !after.has(name));
    if (after.size === 0) {
      return [...sources.map((source) => `remove eth0 ${source} ${group}`), `leave eth0 ${group}`];
    }
    return [
      ...(before.size === 0 ? [`join eth0 ${group}`] : []),
      ...sources.flatMap((source) => [
        ...(more.length === 0 ? [] : [`add eth0 ${source} ${group} ${more.join(' ')}`]),
        ...(less.length === 0 ? [] : [`remove eth0 ${source} ${group} ${less.join(' ')}`]),
      ]),
    ];
  }
}

async function startRouter(bed: RoutedBed, router: string): Promise<void> {
  const host = bed.host(router);
  const daemon = host.spawn('smcrouted', ['-n', '-i', router, '-f', '/run/smcroute.conf', '-l', 'err']);
  await until(`smcrouted answers on ${router}: ${daemon.stderr}`, async () =>
    host.run('smcroutectl', ['-p', '-i', router, 'show', 'interfaces']).then(
      (shown) => shown.includes('eth0'),
      () => false,
    ),
  );
}
