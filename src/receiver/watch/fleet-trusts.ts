import { deleteOldest } from '../../base/delete-oldest.js';
import type { Anchor } from '../../trust/anchor.js';
import type { Times } from '../../trust/known-time.js';
import { Trust } from '../../trust/trust.js';

/** Fleets whose trust is kept when all fleets of a network are heard: more than people can list. Each takes some 10 kB with its keys. */
const MAX_FLEETS = 256;

export interface TrustSource {
  /** What the receiver trusts of a fleet; undefined for a fleet of which it trusts nothing. */
  readonly anchorOf: (fleet: string) => Anchor | undefined;
  /** When this program was built, in seconds since 1970: no device's time is earlier. @default 0 */
  readonly builtS?: number;
  /** What an earlier run learned of the time. */
  readonly times?: Times | undefined;
}

/** Whose records count, by fleet. */
export class FleetTrusts {
  readonly #source: TrustSource;
  readonly #isWanted: (object: string) => boolean;
  readonly #acceptExpired: boolean;
  readonly #trusts = new Map<string, Trust>();

  /** @param isWanted of which objects the entries of catalogues are kept. */
  constructor(source: TrustSource, isWanted: (object: string) => boolean, acceptExpired: boolean) {
    this.#source = source;
    this.#isWanted = isWanted;
    this.#acceptExpired = acceptExpired;
  }

  /** The trust of a fleet, which is made when its first record is heard; undefined for a fleet of which nothing is trusted. */
  of(fleet: string): Trust | undefined {
    const known = this.#trusts.get(fleet);
    if (known !== undefined) return known;
    const { anchorOf, builtS = 0, times } = this.#source;
    const anchor = anchorOf(fleet);
    if (anchor === undefined) return undefined;
    const trust = new Trust({ anchor, builtS, times, isWanted: this.#isWanted, acceptExpired: this.#acceptExpired });
    if (this.#trusts.size >= MAX_FLEETS) deleteOldest(this.#trusts);
    this.#trusts.set(fleet, trust);
    return trust;
  }
}
