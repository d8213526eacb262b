import { TreeNode, VirtualNetwork } from '../../dist/simulate/index.js';

type Interest = Parameters<TreeNode['join']>[0];
type Tap = Parameters<TreeNode['addTap']>[0];

/**
 * A network in which a receiver can be at the end of several links at once, as where servers reach it on different paths.
 */
export class SeveralPaths extends VirtualNetwork {
  readonly #meetings = new Map<string, Meeting>();

  /** Gives a name to where some links end. */
  addMeeting(name: string, links: readonly string[]): void {
    const ends = links.map((link) => this.nodeOf(link));
    this.#meetings.set(name, new Meeting(name, ends, this));
  }

  override nodeOf(name: string): TreeNode {
    return this.#meetings.get(name) ?? super.nodeOf(name);
  }
}

class Meeting extends TreeNode {
  readonly #ends: readonly TreeNode[];

  constructor(name: string, ends: readonly TreeNode[], network: VirtualNetwork) {
    super(name, undefined, network.clock, {});
    this.#ends = ends;
  }

  override addTap(tap: Tap): void {
    for (const end of this.#ends) end.addTap(tap);
  }

  override catchUp(): void {
    for (const end of this.#ends) end.catchUp();
  }

  override join(interest: Interest): void {
    for (const end of this.#ends) end.join(interest);
  }

  override leave(interest: Interest): void {
    for (const end of this.#ends) end.leave(interest);
  }
}
