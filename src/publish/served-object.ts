import { LayercastError } from '../base/errors.js';
import type { FleetObject } from '../fleet/fleet.js';
import type { Broadcast } from '../sender/broadcast.js';
import type { BroadcastObject } from '../sender/broadcast-object.js';
import { publishEvent, type RefuseEvent } from './events.js';
import { OperationQueue } from './operation-queue.js';
import type { PreparedObject } from './prepared-object.js';
import { renewedRecord } from './records/signing.js';
import { hinted, isFileAway, Retry } from './retry.js';
import { canBeRead, isUnchanged, makeSendable, type Sendable, type Workshop } from './sendable.js';
import { SentVersion } from './sent-version.js';
import { frameOf, type Station, settingsOf } from './station.js';
import type { Turns } from './turns.js';

/** What the objects of a server share. */
export interface Serving extends Workshop {
  readonly broadcast: Broadcast;
  /** Aborted when the server stops. */
  readonly signal: AbortSignal;
  /** Whether the fleet file is going to be read again: files may be those of what it says then. */
  readonly isReloadDue: () => boolean;
  /** In which the files of all objects are read. */
  readonly turns: Turns;
}

/**
 * One object of a fleet file at one server. It is prepared and put on the air. It stays on the air when its next version cannot
 * be sent, and it comes back by itself after a fault that passes.
 */
export class ServedObject {
  readonly name: string;
  readonly #serving: Serving;
  /** Attempts, one after the other. */
  readonly #attempts = new OperationQueue();
  readonly #retry: Retry;
  #target: { readonly object: FleetObject; readonly station: Station } | undefined;
  #onAir: Sendable | undefined;
  readonly #lastSent = new SentVersion();
  /** Aborted when the fleet file was read again: an attempt for the former file ends. */
  #superseded = new AbortController();
  #isTrying = false;
  #toldReason: string | undefined;
  #isChecking = false;
  #isToBeUpdated = false;
  #renewal: Promise<void> | undefined;

  constructor(name: string, serving: Serving) {
    this.name = name;
    this.#serving = serving;
    this.#retry = new Retry(serving.clock, () => void this.#tryAgain());
  }

  get onAir(): Sendable | undefined {
    return this.#onAir;
  }

  /** Whether the object is not sent, and will not be before a reload or before its file comes back. */
  get isIdle(): boolean {
    const isRetryPlanned = this.#retry.isPlanned && !this.#retry.isForFile;
    return this.#onAir === undefined && !this.#isTrying && !isRetryPlanned;
  }

  /** The fleet file was read again, and `update` comes: until then, and while it works, its file may be that of the next version already. */
  expectUpdate(): void {
    this.#isToBeUpdated = true;
  }

  /**
   * Sends the object as the fleet file says from now on. If this fails, the version on the air stays, as long as it can be sent
   * from this station.
   *
   * @returns why the object cannot be sent like this; undefined if it is sent
   * @throws {LayercastError} `ABORTED` when the server stops
   */
  async update(object: FleetObject, station: Station): Promise<RefuseEvent | undefined> {
    this.#supersede();
    this.#retry.reset();
    this.#toldReason = undefined;
    this.#target = { object, station };
    try {
      const refused = await this.#attempts.run(() => this.#attempt());
      this.#toldReason = reasonOf(refused);
      return refused;
    } finally {
      this.#isToBeUpdated = false;
    }
  }

  /** Takes the object off the air: the fleet file no longer has it. */
  async remove(): Promise<void> {
    this.#supersede();
    await this.#attempts.run(async () => {
      if (this.#onAir !== undefined) await this.#takeOff(this.#onAir, undefined);
    });
  }

  /**
   * The object has left the air.
   *
   * @param error the fault; undefined if its channels belong to another object now
   */
  lost(object: BroadcastObject, error: unknown): void {
    const before = this.#onAir;
    if (before?.sent !== object) return;
    this.#onAir = undefined;
    const retryMs = error === undefined ? undefined : this.#planRetry(error);
    const { version } = before.object;
    this.#serving.emit('withdraw', { object: this.name, version, error: hinted(error), retryMs });
  }

  /**
   * Checks whether the file is still the one that was hashed; if not, the object fails, unless an update comes or is under way. One check runs at a time, because a file
   * system of another host may not answer for minutes.
   */
  async check(): Promise<void> {
    const { onAir } = this;
    if (onAir === undefined || this.#isChecking || this.#isToBeUpdated || this.#serving.isReloadDue()) return;
    this.#isChecking = true;
    await onAir.prepared.source.checkUnchanged().catch((error) => this.#serving.broadcast.fail(onAir.sent, error));
    this.#isChecking = false;
  }

  /**
   * Signs the version on the air again, or takes another record, if this is due. The channels go on without a gap. Preparing a
   * new version may delay the renewal for minutes: calls until then share it.
   */
  renew(): Promise<void> {
    this.#renewal ??= this.#attempts
      .run(async () => {
        if (this.#onAir !== undefined) await this.#renew(this.#onAir);
      })
      .finally(() => {
        this.#renewal = undefined;
      });
    return this.#renewal;
  }

  /** Ends the attempt under way, also one whose disk does not answer; resolves when it has ended. */
  async close(): Promise<void> {
    this.#supersede();
    await this.#attempts.close();
  }

  async #attempt(): Promise<RefuseEvent | undefined> {
    const { object, station } = this.#target!;
    const signal = AbortSignal.any([this.#serving.signal, this.#superseded.signal]);
    this.#isTrying = true;
    try {
      const { onAir } = this;
      const isSame = onAir?.settings === settingsOf(object, station);
      if (
        isSame &&
        (this.#serving.isReloadDue() || (await this.#serving.turns.run(object, () => isUnchanged(onAir), signal)))
      ) {
        this.#onAir = { ...onAir, object, station };
        await this.#renew(this.#onAir);
      } else {
        await this.#put(await this.#make(object, station, signal), signal);
      }
      return undefined;
    } catch (error) {
      signal.throwIfAborted();
      return await this.#refuse(error, signal);
    } finally {
      this.#isTrying = false;
    }
  }

  #make(object: FleetObject, station: Station, signal: AbortSignal): Promise<Sendable> {
    const make = (goOn: () => void) => {
      const emit: Workshop['emit'] = (...event) => {
        goOn();
        return this.#serving.emit(...event);
      };
      const check = (made: PreparedObject) => this.#lastSent.check(made, object);
      return makeSendable(object, station, { ...this.#serving, emit }, signal, check);
    };
    return this.#serving.turns.run(object, make, signal);
  }

  async #put(next: Sendable, signal: AbortSignal): Promise<void> {
    const { broadcast, emit } = this.#serving;
    const before = this.#onAir;
    // Set before `put`: the object may be lost as soon as it is on the air.
    this.#onAir = next;
    try {
      await broadcast.put(next.sent, signal);
    } catch (error) {
      const isThere = before !== undefined && broadcast.has(before.sent);
      this.#onAir = isThere ? before : undefined;
      if (before !== undefined && !isThere) this.#tellWithdrawn(before, error);
      throw error;
    }
    this.#lastSent.set(next.prepared, next.object.version);
    this.#toldReason = undefined;
    this.#retry.succeed();
    if (broadcast.has(next.sent))
      emit('publish', publishEvent(next.object, next.prepared, next.station, next.sent.frames));
  }

  async #renew(onAir: Sendable): Promise<void> {
    const { object, station, prepared, sent } = onAir;
    const { broadcast, clock } = this.#serving;
    const nowS = Math.floor(clock.wallUs() / 1e6);
    const next = await renewedRecord(station, object, prepared.content, prepared, nowS);
    if (next === undefined || this.#onAir !== onAir) return;
    await broadcast.renew(sent, [next.descriptor, next.record]);
    if (this.#onAir === onAir) this.#onAir = { ...onAir, prepared: { ...prepared, ...next } };
  }

  /** The version on the air stays if it can go on. */
  async #refuse(error: unknown, signal: AbortSignal): Promise<RefuseEvent> {
    const { object, station } = this.#target!;
    const { onAir } = this;
    const canGoOn =
      onAir !== undefined &&
      frameOf(onAir.station) === frameOf(station) &&
      (await this.#serving.turns.run(onAir.object, () => canBeRead(onAir), signal));
    if (onAir !== undefined && !canGoOn) await this.#takeOff(onAir, error);
    const retryMs = this.#planRetry(error);
    const sentVersion = this.#onAir?.object.version;
    return { object: this.name, version: object.version, error: hinted(error), sentVersion, retryMs };
  }

  async #takeOff(onAir: Sendable, error: unknown): Promise<void> {
    this.#onAir = undefined;
    if (await this.#serving.broadcast.withdraw(onAir.sent)) this.#tellWithdrawn(onAir, error);
  }

  #tellWithdrawn({ object }: Sendable, error: unknown): void {
    const { version } = object;
    this.#serving.emit('withdraw', { object: this.name, version, error: hinted(error), retryMs: undefined });
  }

  /** @returns the pause in milliseconds; undefined if the object waits for a reload */
  #planRetry(error: unknown): number | undefined {
    const wasSent = this.#lastSent.version === this.#target?.object.version;
    const isForFile = this.#onAir === undefined && wasSent && isFileAway(error);
    if (!this.#serving.signal.aborted) return this.#retry.plan(error, isForFile);
    this.#retry.cancel();
    return undefined;
  }

  async #tryAgain(): Promise<void> {
    this.#isTrying = true;
    try {
      const refused = await this.#attempts.run(() => this.#attempt());
      const reason = reasonOf(refused);
      if (refused !== undefined && reason !== this.#toldReason) this.#serving.emit('refuse', refused);
      this.#toldReason = reason;
    } catch {
      // The server stops, or the fleet file was read again.
    } finally {
      this.#isTrying = false;
    }
  }

  /** Ends the attempt under way and the one that is planned. */
  #supersede(): void {
    this.#retry.cancel();
    this.#superseded.abort(new LayercastError('ABORTED', 'the fleet file was read again'));
    this.#superseded = new AbortController();
  }
}

function reasonOf(refused: RefuseEvent | undefined): string | undefined {
  return refused?.error instanceof Error ? refused.error.message : undefined;
}
