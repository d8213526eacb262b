import { digitsOf, type InterfaceTable } from './interface-table.js';
import type { InterfaceWatch } from './interface-watch.js';
import { unusable, whyMissing } from './interfaces.js';

/**
 * The interface that one socket is opened on. Calls of Node take a name, which the system turns into an index; for a name that
 * no interface has at that moment, it silently takes index 0, which is any interface. So the index is looked up before the
 * calls and verified after them.
 */
export class InterfaceBinding {
  /** Undefined where the system chooses by route. */
  readonly name: string | undefined;
  readonly #watch: InterfaceWatch;
  readonly #index: number | undefined;

  /** @throws {LayercastError} `UNKNOWN_INTERFACE` when no interface has the name. */
  constructor(name: string | undefined, watch: InterfaceWatch) {
    const table = watch.fresh();
    this.name = name;
    this.#watch = watch;
    this.#index = name === undefined ? undefined : table.indexOf(name);
    if (name !== undefined && this.#index === undefined) throw unusable(name, whyMissing(name, table));
  }

  /** What follows the address in the calls of Node: on Windows a number, elsewhere a name. Empty without an interface. */
  get zone(): string {
    if (this.name === undefined) return '';
    return `%${process.platform === 'win32' ? this.#index : this.name}`;
  }

  /** For the field `sin6_scope_id` of a socket address; 0 without an interface. */
  get index(): number {
    return this.#index ?? 0;
  }

  /**
   * Whether the interface was gone, renamed or made anew at the last look, which was at most a second ago. Allocates nothing
   * between looks.
   */
  get isStale(): boolean {
    return !this.#holds(this.#watch.recent());
  }

  /** @throws {LayercastError} `UNKNOWN_INTERFACE` when the name is not, or no longer, that of the same interface. */
  verify(): void {
    const table = this.#watch.fresh();
    if (this.#holds(table)) return;
    const isThere = this.name !== undefined && table.indexOf(this.name) !== undefined;
    throw unusable(
      this.name,
      isThere ? `interface "${this.name}" was made anew meanwhile` : whyMissing(this.name, table),
    );
  }

  #holds(table: InterfaceTable): boolean {
    return this.name === undefined || table.indexOf(this.name) === this.#index;
  }
}

/** The address that one socket sends from. Its interface may lose the address while the socket goes on using it. */
export class SourceBinding {
  readonly #watch: InterfaceWatch;
  readonly #interface: string | undefined;
  readonly #digits: string;
  readonly #isMakeshift: boolean;

  /**
   * @param address what the socket is bound to, with or without zone.
   * @param isMakeshift the system chose a link-local address for datagrams that are to travel farther, which routers do not
   * forward: a wider address that the named interface gets later is to be used instead.
   */
  constructor(interfaceName: string | undefined, address: string, isMakeshift: boolean, watch: InterfaceWatch) {
    const digits = digitsOf(address);
    // A host may send from an address of another interface than the one that datagrams leave by.
    const isThere = watch.recent().stateOf(interfaceName, digits) !== undefined;
    this.#watch = watch;
    this.#interface = isThere ? interfaceName : undefined;
    this.#digits = digits;
    this.#isMakeshift = isMakeshift && interfaceName !== undefined;
  }

  /** Whether the address was gone at the last look, which was at most a second ago, or a better one had come. */
  get isStale(): boolean {
    const table = this.#watch.recent();
    if (table.stateOf(this.#interface, this.#digits) === undefined) return true;
    return this.#isMakeshift && this.#interface !== undefined && table.hasWideAddress(this.#interface);
  }
}
