import { refusalOf } from '../../trust/refusal.js';
import type { Verdict } from '../../trust/trust.js';
import type { Descriptor } from '../../wire/descriptor.js';
import type { Finding } from './findings.js';
import type { FleetTrusts } from './fleet-trusts.js';
import type { HeardAnnouncements } from './heard-announcements.js';
import type { Accepted, NewestDescriptors } from './newest-descriptors.js';

/**
 * When the fleet describes a version anew, the catalogue may come before the new description; after a root with other keys, a catalogue has to come
 * first. Both are awaited for so many rounds, or for this time if that is longer.
 */
const RENEWAL_INTERVALS = 3;
const RENEWAL_US = 10e6;

/** Finds the newest versions that counted and do not count any more, and removes them from the newest. */
export class LapsedVersions {
  readonly #newest: NewestDescriptors;
  readonly #heard: HeardAnnouncements;
  readonly #trusts: FleetTrusts | undefined;

  /** @param trusts whose records count; undefined when signatures are not checked */
  constructor(newest: NewestDescriptors, heard: HeardAnnouncements, trusts: FleetTrusts | undefined) {
    this.#newest = newest;
    this.#heard = heard;
    this.#trusts = trusts;
  }

  /** The descriptors that are refused now. One that catalogues do not list any more counts for a while (`unlisted`). */
  revoked(nowUs: number, wallS: number): readonly Finding[] {
    return [...this.#newest].flatMap((newest) => {
      const verdict = this.#judge(newest, wallS);
      const isUnlisted = verdict.kind === 'other' || verdict.kind === 'unlisted';
      this.#newest.noteUnlisted(newest.descriptor, isUnlisted ? (newest.unlistedUs ?? nowUs) : undefined);
      return isUnlisted || verdict.kind === 'valid' ? [] : [this.#revoke(newest.descriptor, verdict)];
    });
  }

  /** The descriptors that catalogues have not listed for so long that they do not count any more. */
  unlisted(nowUs: number, wallS: number): readonly Finding[] {
    const limitUs = Math.max(RENEWAL_US, RENEWAL_INTERVALS * this.#heard.intervalUs);
    return [...this.#newest]
      .filter(({ unlistedUs }) => unlistedUs !== undefined && nowUs - unlistedUs >= limitUs)
      .map((newest) => this.#revoke(newest.descriptor, this.#judge(newest, wallS)));
  }

  /**
   * The descriptors that their server announces no more, though it announces others. A version is not withdrawn while the server that announced
   * it last is silent.
   */
  withdrawn(nowUs: number): readonly Finding[] {
    return this.#heard.leftOut(nowUs).map((descriptor) => {
      this.#newest.remove(descriptor);
      return { kind: 'withdrawn', descriptor, sources: [] };
    });
  }

  #judge({ descriptor, release }: Accepted, wallS: number): Verdict {
    return this.#trusts?.of(descriptor.fleet)?.judge(release, wallS) ?? { kind: 'valid' };
  }

  #revoke(descriptor: Descriptor, verdict: Verdict): Finding {
    this.#newest.remove(descriptor);
    return { kind: 'revoked', descriptor, refusal: refusalOf(verdict, descriptor.version), sources: [] };
  }
}
