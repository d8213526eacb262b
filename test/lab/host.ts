import { fileURLToPath } from 'node:url';
import { LayercastError } from '../../dist/base/errors.js';
import type { Anchor } from './anchor.js';
import type { Port } from './port.js';
import { LabProcess, type SpawnOptions } from './process.js';
import type { Shape } from './shaping.js';
import { until } from './until.js';

const commandLine = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** UDP datagrams that arrived at a host's interface: those that were let through, and those that `lose` dropped. */
export interface Losses {
  readonly heard: number;
  readonly dropped: number;
}

/** A host of a bed: a network namespace with the interface `eth0` on a cable to the bridge. */
export class Host {
  readonly name: string;
  /** Its IPv6 address, `fd00:1::N`. */
  readonly address: string;
  readonly #anchor: Anchor;
  readonly #port: Port;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #processes: LabProcess[] = [];

  /** @param environment variables for each `layercast` on this host */
  constructor(
    name: string,
    address: string,
    anchor: Anchor,
    port: Port,
    environment: Readonly<Record<string, string>>,
  ) {
    this.name = name;
    this.address = address;
    this.#anchor = anchor;
    this.#port = port;
    this.#environment = environment;
  }

  /** Starts a command on this host; it ends with the bed. */
  spawn(command: string, args: readonly string[] = [], options: SpawnOptions = {}): LabProcess {
    const process = new LabProcess(this.#anchor.enter(this.name, options.cwd), [command, ...args], options);
    this.#processes.push(process);
    return process;
  }

  /** Starts this project's built command line. */
  layercast(args: readonly string[], options: SpawnOptions = {}): LabProcess {
    return this.spawn(process.execPath, [commandLine, ...args], {
      ...options,
      env: { ...this.#environment, ...options.env },
    });
  }

  /** Runs a short command on this host and resolves to its output. */
  async run(command: string, args: readonly string[] = [], input?: string): Promise<string> {
    return await this.#anchor.run([command, ...args], { host: this.name, ...(input === undefined ? {} : { input }) });
  }

  /** See `Port.shape`: the rate of the link toward this host. */
  async shape(shape: Shape): Promise<void> {
    await this.#port.shape(shape);
  }

  async unshape(): Promise<void> {
    await this.#port.unshape();
  }

  /**
   * Drops each arriving UDP datagram with this probability, independently. MLD and neighbour discovery lose nothing, so that
   * a test sees loss of data only, and never a forgotten membership.
   *
   * @param options.ratio 0–1, in steps of a millionth
   */
  async lose(options: { readonly ratio: number }): Promise<void> {
    const { ratio } = options;
    if (!(ratio >= 0 && ratio <= 1)) {
      throw new LayercastError('USAGE', `loss ratio ${ratio} is none`, { hint: 'from 0 to 1' });
    }
    const million = Math.round(ratio * 1e6);
    await this.keep();
    // nft refuses `< 0` and `< 1000000`, so the ratios 0 and 1 need other rules.
    const chance = million === 1e6 ? '' : `numgen random mod 1000000 < ${million}`;
    const drop = million === 0 ? '' : `meta l4proto udp ${chance} counter name dropped drop`;
    const rules = `
table netdev loss {
  counter heard { }
  counter dropped { }
  chain arrive {
    type filter hook ingress device "eth0" priority 0;
    ${drop}
    meta l4proto udp counter name heard
  }
}`;
    await this.run('nft', ['-f', '-'], rules);
  }

  /** Ends the losses; does nothing if there are none. */
  async keep(): Promise<void> {
    await this.run('nft', ['-f', '-'], 'table netdev loss { }\ndelete table netdev loss\n');
  }

  /** Counters since `lose` was called last. */
  async losses(): Promise<Losses> {
    const listed = JSON.parse(await this.run('nft', ['-j', 'list', 'counters'])) as {
      readonly nftables: readonly { readonly counter?: { readonly name: string; readonly packets: number } }[];
    };
    const packets = (wanted: string) =>
      listed.nftables.find(({ counter }) => counter?.name === wanted)?.counter?.packets ?? 0;
    return { heard: packets('heard'), dropped: packets('dropped') };
  }

  /** Takes `eth0` down as an administrator does: sending and joining fail. Addresses come back with `linkUp`. */
  async linkDown(): Promise<void> {
    await this.run('ip', ['link', 'set', 'dev', 'eth0', 'down']);
  }

  async linkUp(): Promise<void> {
    await this.run('ip', ['link', 'set', 'dev', 'eth0', 'up']);
    await this.ready();
  }

  /**
   * Resolves when an interface takes part in multicast. The kernel configures the interface only after it has noticed the carrier,
   * some 0.1 s after both ends are up (1 s at most). Until then joins succeed, but the kernel drops arriving datagrams, because it has no route.
   */
  async ready(interfaceName = 'eth0'): Promise<void> {
    await until(`${interfaceName} of ${this.name} has its multicast route`, async () =>
      (await this.run('ip', ['-6', 'route', 'show', 'table', 'local', 'dev', interfaceName])).includes('ff00::/8'),
    );
  }

  /** Pulls the cable: the host keeps its addresses, but nothing passes. */
  async unplug(): Promise<void> {
    await this.#port.unplug();
  }

  async plug(): Promise<void> {
    await this.#port.plug();
  }

  /** Ends every process that `spawn` started on this host and that still runs. */
  async end(): Promise<void> {
    await Promise.all(this.#processes.splice(0).map((process) => process[Symbol.asyncDispose]()));
  }
}
