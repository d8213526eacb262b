import { dateText } from '../base/date-text.js';
import type { Verdict } from './trust.js';

/** Why a descriptor does not count, for people. */
export interface Refusal {
  readonly code: 'RECORD_INVALID' | 'ROLE_REFUSED' | 'EXPIRED' | 'VERSION_REFUSED';
  readonly message: string;
}

/** Says in a sentence why a version does not count; undefined for a valid one. */
export function refusalOf(verdict: Verdict, version: number): Refusal | undefined {
  const what = `version ${version}`;
  switch (verdict.kind) {
    case 'valid':
      return undefined;
    case 'unlisted': {
      const message = `no catalogue of the fleet that was heard lists ${what}, so nobody says that it is the newest`;
      return { code: 'ROLE_REFUSED', message };
    }
    case 'foreign':
      return { code: 'RECORD_INVALID', message: `${what} was not signed by a key that is trusted here` };
    case 'tooFew': {
      const { count, threshold, rootVersion } = verdict;
      const message = `${what} was signed by ${count} of the ${threshold} release keys that version ${rootVersion} of the root asks for`;
      return { code: 'ROLE_REFUSED', message };
    }
    case 'retired': {
      const { keyId, rootVersion } = verdict;
      const message = `${what} was signed by key ${keyId}, which version ${rootVersion} of the root has removed from the release keys`;
      return { code: 'ROLE_REFUSED', message };
    }
    case 'rootExpired': {
      const { rootVersion, expiresS } = verdict;
      const message = `version ${rootVersion} of the root expired at ${dateText(expiresS)}, and no newer one was heard`;
      return { code: 'EXPIRED', message };
    }
    case 'expired':
      return { code: 'EXPIRED', message: `${what} expired at ${dateText(verdict.expiresS)}` };
    case 'catalogueExpired': {
      const message = `the fleet's catalogue expired at ${dateText(verdict.expiresS)}: since then nobody has said that ${what} is the newest`;
      return { code: 'EXPIRED', message };
    }
    case 'superseded':
      return {
        code: 'VERSION_REFUSED',
        message: `${what} is older than version ${verdict.version}, which the fleet's catalogue lists`,
      };
    case 'other':
      return { code: 'VERSION_REFUSED', message: `the fleet's catalogue lists another descriptor of ${what}` };
  }
}
