import { digitsOf, type InterfaceTable } from './interface-table.js';
import type { InterfaceWatch } from './interface-watch.js';
import { unusable, whyMissing } from './interfaces.js';

/**
 * The interface that one socket is opened on. Calls of Node take a name, which the system turns into an index; for a name that
 * no interface has at that moment, it silently takes index 0, which is any interface. So the index is looked up before the
 * calls and verified after them.
 */
export class InterfaceBinding {
  /** Undefined if the system chooses the interface by route. */
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

  /** The zone that follows an address in calls of Node: on Windows a number, elsewhere a name. Empty without an interface. */
  get zone(): string {
    if (this.name === undefined) return '';
    return `%${process.platform === 'win32' ? this.#index : this.name}`;
  }

  /** For the field `sin6_scope_id` of a socket address; 0 without an interface. */
  get index(): number {
    return this.#index ?? 0;
  }

  /**
   * Whether, at most a second ago, the interface was gone or another interface had its name. Allocates nothing between two
   * readings of the interfaces.
   */
  get isStale(): boolean {
    return !this.#holds(this.#watch.recent());
  }

  /** @throws {LayercastError} `UNKNOWN_INTERFACE` if no interface has the name, or another interface has it now. */
  verify(): void {
    const table = this.#watch.fresh();
    if (this.#holds(table)) return;
    const isThere = this.name !== undefined && table.indexOf(this.name) !== undefined;
    throw unusable(
      this.name,
      isThere ? `another interface has the name "${this.name}" now` : whyMissing(this.name, table),
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
   * @param address the address that the socket is bound to, with or without zone.
   * @param isMakeshift whether the system chose a link-local address, which routers do not forward, for datagrams that need routers.
   * If the named interface later gets an address that routers forward, the socket has to use that address instead.
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

  /** Whether, at most a second ago, the address was gone, or there was an address to replace a makeshift one. */
  get isStale(): boolean {
    const table = this.#watch.recent();
    if (table.stateOf(this.#interface, this.#digits) === undefined) return true;
    return this.#isMakeshift && this.#interface !== undefined && table.hasWideAddress(this.#interface);
  }
}
