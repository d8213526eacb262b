import type { LayercastError } from '../base/errors.js';
import { type HeldVersion, newRecord, type ObjectRecord } from './object-record.js';
import { Lwm2mResult, lwm2mResultOf } from './object-state.js';
import type { AgentJournal } from './ports.js';

/** Where one object stands on this device: what its journal says, and how the last transfer or program went. */
export class Standing {
  readonly #object: string;
  readonly #journal: AgentJournal;
  readonly #onChange: () => void;
  #record: ObjectRecord | undefined;
  #result: number;
  #error: LayercastError | undefined;
  /** Whether this process has seen that the file has the bytes of the record's version. */
  isChecked = false;

  /**
   * @param record what the journal said when the agent began
   * @param onChange is called when the journal has changed
   */
  constructor(object: string, record: ObjectRecord | undefined, journal: AgentJournal, onChange: () => void) {
    this.#object = object;
    this.#journal = journal;
    this.#onChange = onChange;
    this.#record = record?.state === 'applying' ? { ...record, interrupted: record.interrupted + 1 } : record;
    this.#result = resultOf(record);
  }

  get record(): ObjectRecord | undefined {
    return this.#record;
  }

  /** The version whose bytes the output has, as far as the journal knows; undefined if it has none. */
  get held(): HeldVersion | undefined {
    const { state, applied, target } = this.#record ?? {};
    return state === 'receiving' || state === 'idle' ? applied : target;
  }

  /** The value of LwM2M's resource Update Result. */
  get result(): number {
    return this.#result;
  }

  /** The last error of a transfer or program, if nothing has gone well since. */
  get error(): LayercastError | undefined {
    return this.#error;
  }

  /** Forgets how the last attempt went, since another one begins. */
  begin(): void {
    this.#result = Lwm2mResult.initial;
    this.#error = undefined;
  }

  /** The transfer ended with an error, and is tried again. */
  failTransfer(error: LayercastError): void {
    this.#error = error;
    this.#result = lwm2mResultOf(error.code);
  }

  /**
   * Gives up the version that was being received, because nobody sends it any more: the device is again at the version that was taken over
   * last, or at none. What was received stays where it is.
   *
   * @throws {LayercastError} when the journal cannot be written
   */
  async giveUp(): Promise<void> {
    if (this.#record?.state !== 'receiving') return;
    const { applied } = this.#record;
    this.begin();
    await this.save(applied === undefined ? { state: 'idle' } : { state: 'applied', target: applied });
  }

  /**
   * Counts time in which the fleet was heard, and forgets the object when it was not announced for so long: the device has nothing of it then. It is
   * received again when it is announced again, unless that is an older version.
   *
   * @param discard removes what the device has of it
   * @throws {LayercastError} when the journal cannot be written; what `discard` throws
   */
  async age({ isAnnounced, passedUs, afterUs }: Age, discard: () => Promise<void>): Promise<void> {
    if (this.#record === undefined) return;
    const { state, lowestVersion, unannouncedUs: beforeUs = 0 } = this.#record;
    if (isAnnounced) {
      if (beforeUs > 0) await this.save({ state, unannouncedUs: undefined }, this.#error);
      return;
    }
    // It was forgotten before.
    if (beforeUs >= afterUs) return;
    const unannouncedUs = beforeUs + passedUs;
    if (unannouncedUs < afterUs) return await this.save({ state, unannouncedUs }, this.#error);
    await discard();
    const { held } = this;
    const lowest = held === undefined ? lowestVersion : held.version - 1;
    await this.save({ state: 'idle', applied: undefined, lowestVersion: lowest, unannouncedUs });
  }

  /** The program is run again later; the version has not failed. */
  postpone(error: LayercastError): void {
    this.#error = error;
  }

  /**
   * Changes the record, on disk first. With another version as its target, programs count from zero; the same version goes on counting, also
   * when its output was lost and received again, because the device may not survive its program.
   *
   * @param error why the version is given up
   * @throws {LayercastError} when the journal cannot be written; the record is as before then
   */
  async save(change: Partial<ObjectRecord> & Pick<ObjectRecord, 'state'>, error?: LayercastError): Promise<void> {
    const before = this.#record ?? newRecord(this.#object, change.target as HeldVersion);
    const isOther = change.target !== undefined && !isSameVersion(change.target, before.target);
    const record = { ...before, ...(isOther ? { attempts: 0, interrupted: 0 } : {}), ...change };
    await this.#journal.save(record);
    this.#record = record;
    if (record.state === 'applied' || record.state === 'failed') {
      this.#result = resultOf(record);
      this.#error = error;
    }
    this.#onChange();
  }
}

/** What has become of an object in some time. */
export interface Age {
  readonly isAnnounced: boolean;
  readonly passedUs: number;
  /** How long an object is kept that is not announced. */
  readonly afterUs: number;
}

function isSameVersion(one: HeldVersion, other: HeldVersion): boolean {
  return one.version === other.version && one.sha256 === other.sha256;
}

function resultOf(record: ObjectRecord | undefined): number {
  if (record?.state === 'applied') return Lwm2mResult.success;
  return record?.state === 'failed' ? Lwm2mResult.updateFailed : Lwm2mResult.initial;
}
