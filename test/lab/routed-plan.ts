import { LayercastError } from '../../dist/base/errors.js';

/** LANs in a tree of routers. Names are small letters, digits and hyphens, at most 12; no name twice. */
export interface Tree {
  /** Hosts of each LAN; the first LAN is the top of the tree. */
  readonly lans: Readonly<Record<string, readonly string[]>>;
  /** Each router's interfaces: one to the LAN above it, one to each LAN below it. */
  readonly routers: Readonly<Record<string, { readonly above: string; readonly below: readonly string[] }>>;
}

/** An end of a cable: a port of a LAN's bridge, and the interface of a host or router that is plugged in there. */
export interface Plug {
  /** The host or router. */
  readonly node: string;
  readonly lan: string;
  /** Of a host: its name. Of a router: its name and the number of its interface, such as `router1-2`. */
  readonly port: string;
  readonly interfaceName: string;
  readonly ipv6: string;
  readonly ipv4: string;
}

/** Where the packets of a node to other LANs go. */
export interface Route {
  readonly node: string;
  readonly to: { readonly ipv6: string; readonly ipv4: string };
  readonly via: Plug;
}

/** What is plugged in where, and which ways packets take. LAN number n has the prefixes `fd00:n::/64` and `10.0.n.0/24`. */
export class RoutedPlan {
  readonly tree: Tree;
  readonly plugs: readonly Plug[];

  /** @throws LayercastError `USAGE` for a tree that is none */
  constructor(tree: Tree) {
    this.tree = tree;
    check(tree);
    this.plugs = [...hostPlugs(tree), ...routerPlugs(tree)];
  }

  get lans(): readonly string[] {
    return Object.keys(this.tree.lans);
  }

  get routers(): readonly string[] {
    return Object.keys(this.tree.routers);
  }

  get hosts(): readonly string[] {
    return Object.values(this.tree.lans).flat();
  }

  /** The plugs of a host or a router; a router's first one is to the LAN above it. */
  plugsOf(node: string): readonly Plug[] {
    return this.plugs.filter((plug) => plug.node === node);
  }

  /** All LANs that a router's interface leads to: the LAN below it, and those below that. */
  beyond(plug: Plug): readonly string[] {
    const below = Object.values(this.tree.routers).filter(({ above }) => above === plug.lan);
    return [plug.lan, ...below.flatMap((router) => router.below.flatMap((lan) => this.beyond({ ...plug, lan })))];
  }

  /** Routes of all nodes, the way up last: it is the route of all that is not below. */
  routes(): readonly Route[] {
    const down = this.routers.flatMap((node) =>
      this.plugsOf(node)
        .slice(1)
        .flatMap((plug) => {
          const nextRouters = this.routers.filter((name) => this.tree.routers[name]?.above === plug.lan);
          return nextRouters.flatMap((next) =>
            this.plugsOf(next)
              .slice(1)
              .flatMap((deeper) => this.beyond(deeper))
              .map((lan) => ({ node, to: this.#prefix(lan), via: this.plugsOf(next)[0]! })),
          );
        }),
    );
    const everything = { ipv6: 'fd00::/16', ipv4: '10.0.0.0/8' };
    const up = [...this.hosts, ...this.routers].flatMap((node) => {
      const { lan } = this.plugsOf(node)[0]!;
      const gateway = this.plugs.find((plug) => plug.lan === lan && this.#isAbove(plug));
      const only = this.plugs.find((plug) => plug.lan === lan && plug.node in this.tree.routers && plug.node !== node);
      const via = gateway ?? (node in this.tree.routers ? undefined : only);
      return via === undefined ? [] : [{ node, to: everything, via }];
    });
    return [...down, ...up];
  }

  /** Whether a plug is a router's, to a LAN below it. */
  #isAbove(plug: Plug): boolean {
    return this.tree.routers[plug.node]?.below.includes(plug.lan) ?? false;
  }

  #prefix(lan: string): Route['to'] {
    const number = numberOf(this.tree, lan);
    return { ipv6: `fd00:${number.toString(16)}::/64`, ipv4: `10.0.${number}.0/24` };
  }
}

/** Hosts have the numbers up to this in their LAN, routers those that follow. */
const MAX_HOSTS = 199;

function hostPlugs(tree: Tree): readonly Plug[] {
  return Object.entries(tree.lans).flatMap(([lan, hosts]) =>
    hosts.map((node, index) => ({
      ...{ node, lan, port: node, interfaceName: 'eth0' },
      ...addresses(tree, lan, index + 1),
    })),
  );
}

function routerPlugs(tree: Tree): readonly Plug[] {
  return Object.entries(tree.routers).flatMap(([node, { above, below }], index) =>
    [above, ...below].map((lan, number) => ({
      ...{ node, lan, port: `${node}-${number}`, interfaceName: `eth${number}` },
      ...addresses(tree, lan, MAX_HOSTS + 1 + index),
    })),
  );
}

function addresses(tree: Tree, lan: string, number: number): { readonly ipv6: string; readonly ipv4: string } {
  const lanNumber = numberOf(tree, lan);
  return { ipv6: `fd00:${lanNumber.toString(16)}::${number.toString(16)}`, ipv4: `10.0.${lanNumber}.${number}` };
}

function numberOf(tree: Tree, lan: string): number {
  return Object.keys(tree.lans).indexOf(lan) + 1;
}

function check({ lans, routers }: Tree): void {
  const names = [...Object.keys(lans), ...Object.keys(routers), ...Object.values(lans).flat()];
  const wrong = names.find((name, index) => !/^[a-z][a-z0-9-]{0,11}$/.test(name) || names.indexOf(name) !== index);
  if (wrong !== undefined) {
    throw new LayercastError('USAGE', `"${wrong}" cannot be a host, a router or a LAN`, {
      hint: 'each name once; small letters, digits and hyphens, at most 12',
    });
  }
  const full = Object.entries(lans).find(([, hosts]) => hosts.length > MAX_HOSTS);
  if (full !== undefined) {
    throw new LayercastError('USAGE', `LAN "${full[0]}" has ${full[1].length} hosts`, { hint: `at most ${MAX_HOSTS}` });
  }
  const lost = Object.values(routers).flatMap(({ above, below }) => [above, ...below].filter((lan) => !(lan in lans)));
  if (lost.length > 0) throw new LayercastError('USAGE', `no LAN is called "${lost[0]}"`);
  const below = Object.values(routers).flatMap((router) => router.below);
  const [top, ...others] = Object.keys(lans);
  const twice = below.find((lan, index) => below.indexOf(lan) !== index || lan === top);
  const loose = others.find((lan) => !below.includes(lan));
  if (twice !== undefined || loose !== undefined)
    throw new LayercastError('USAGE', `LAN "${twice ?? loose}" is not below exactly one router`);
  const reached = new Set([top]);
  // A set goes on with what is added to it meanwhile.
  for (const lan of reached) {
    const below = Object.values(routers).flatMap((router) => (router.above === lan ? router.below : []));
    for (const one of below) reached.add(one);
  }
  const apart = others.find((lan) => !reached.has(lan));
  if (apart !== undefined) throw new LayercastError('USAGE', `no way leads from LAN "${top}" to LAN "${apart}"`);
}
