import { LayercastError } from '../../base/errors.js';
import { SourceTable } from '../../base/source-table.js';
import { VirtualClock } from '../clock/virtual-clock.js';
import { Prng } from '../random/prng.js';
import { EventLog } from './event-log.js';
import { type HostOptions, VirtualHost } from './host.js';
import { Link } from './link.js';
import type { LinkOptions } from './link-options.js';
import type { Flow } from './packet.js';
import { type LinkPlan, TreeNode } from './tree.js';
import type { Deliver } from './wire.js';

/** Name of the node at the top of every tree. */
export const ROOT = 'root';

/**
 * A tree of links in virtual time with hosts at its leaves. All random numbers come from the seed, and those of a link from
 * its name too, so that adding a link changes nothing elsewhere.
 */
export class VirtualNetwork {
  readonly clock = new VirtualClock();
  readonly log = new EventLog();
  readonly prng: Prng;
  /** Source ids of all hosts' addresses. They need no secret key, because nobody in a simulation guesses them. */
  readonly sources = new SourceTable('');
  readonly #nodes = new Map<string, TreeNode>();
  readonly #flows = new Map<string, Flow>();
  #linkCount = 0;

  constructor(seed: string | number) {
    this.prng = new Prng(seed);
    this.#nodes.set(ROOT, new TreeNode(ROOT, undefined, this.clock, {}));
  }

  /** Adds a link with a node at its lower end. Returns its two directions, whose options can be changed later. */
  addLink(plan: LinkPlan): { readonly up: Link; readonly down: Link } {
    const parent = this.nodeOf(plan.below ?? ROOT);
    if (this.#nodes.has(plan.name)) throw new LayercastError('USAGE', `there are two links called "${plan.name}"`);
    const node = new TreeNode(plan.name, parent, this.clock, plan);
    this.#nodes.set(plan.name, node);
    return this.#connect(node, parent, plan);
  }

  /** Adds a host at the end of its own link. Another host can take the name and address of a dead host. */
  addHost(options: HostOptions): VirtualHost {
    const parent = this.nodeOf(options.below ?? ROOT);
    const host: VirtualHost = new VirtualHost(options, this, (onArrival) => {
      const node = new TreeNode(options.name, parent, this.clock, options, onArrival);
      return { node, ...this.#connect(node, parent, options) };
    });
    this.log.note(this.clock.nowUs, `host ${options.name}`);
    return host;
  }

  /** The one object that stands for a flow. */
  flowOf(group: string, port: number, source: string): Flow {
    const key = `${group} ${port} ${source}`;
    const known = this.#flows.get(key) ?? { group, port, source };
    this.#flows.set(key, known);
    return known;
  }

  /** Makes a link outside of the tree. */
  newLink(name: string, options: LinkOptions, deliver: Deliver): Link {
    return new Link(
      this.#linkCount++,
      options,
      { clock: this.clock, log: this.log, prng: this.prng.fork(name) },
      deliver,
    );
  }

  /**
   * The node at the lower end of a link, or the root.
   * @throws {LayercastError} `USAGE` when no link has that name.
   */
  nodeOf(name: string): TreeNode {
    const node = this.#nodes.get(name);
    if (node !== undefined) return node;
    throw new LayercastError('USAGE', `no link is called "${name}"`, { hint: `one of: ${[...this.#nodes.keys()]}` });
  }

  #connect(node: TreeNode, parent: TreeNode, { name, up = {}, down = {} }: LinkPlan): { up: Link; down: Link } {
    node.up = this.newLink(`${name} up`, up, (packet) => parent.ascend(packet, node));
    const downward = this.newLink(`${name} down`, down, (packet, atUs) => node.descend(packet, atUs));
    node.down = downward;
    return { up: node.up, down: downward };
  }
}
