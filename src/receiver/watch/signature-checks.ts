import { Allowance } from '../../base/allowance.js';
import { checkCount } from '../../trust/quorum.js';
import type { Trust } from '../../trust/trust.js';
import type { SignedRecord } from '../../wire/signed-record.js';

/**
 * Signatures of new records that are checked in a second. Checking an ordinary record takes 70 µs, so 100 a second take 0.7 % of a core. The
 * longest record takes 0.4 ms, so 100 a second take 4 %, but a stranger has to send 28 Mbit/s for that. Genuine servers repeat
 * the same record, which is checked once.
 */
const CHECKS_PER_SECOND = 100;
/** Signatures that are checked at once after a quiet time: a thousand objects heard in the first second, each with two records. */
const CHECK_BURST = 2000;

/** Counts the checks of signatures, so that strangers cannot use up the CPU with records of theirs. */
export class SignatureChecks {
  readonly #allowance = new Allowance(CHECKS_PER_SECOND, CHECK_BURST);

  /** Counts the first check of a record, before the record is taken apart. @returns false if the record may not be checked now */
  takeFirst(nowUs: number): boolean {
    return this.#allowance.take(nowUs);
  }

  /** Counts the other checks of a record with several signatures. @returns false if they may not be checked now */
  takeRest(record: SignedRecord, trust: Trust, nowUs: number): boolean {
    for (let more = checkCount(record, trust.ring) - 1; more > 0; more--) {
      if (!this.#allowance.take(nowUs)) return false;
    }
    return true;
  }
}
