import { LayercastError } from '../base/errors.js';
import type { FleetObject } from '../fleet/fleet.js';
import type { Broadcast } from '../sender/broadcast.js';
import type { BroadcastObject } from '../sender/broadcast-object.js';
import { OperationQueue } from '../sender/operation-queue.js';
import { publishEvent, type RefuseEvent } from './events.js';
import type { PreparedObject } from './prepared-object.js';
import { renewedRecord } from './records/signing.js';
import { isFileAway, isPassing, RetryPauses } from './retry.js';
import { isUnchanged, makeSendable, type Sendable, type Workshop } from './sendable.js';
import { frameOf, type Station, settingsOf } from './station.js';

/** What the objects of a server share. */
export interface Serving extends Workshop {
  readonly broadcast: Broadcast;
  /** Aborted when the server stops. */
  readonly signal: AbortSignal;
  /** Runs what brings objects back one at a time, so that many that fail at once do not read all their files at once. */
  readonly oneByOne: <T>(work: () => Promise<T>) => Promise<T>;
}

/**
 * One object of a fleet file at one server, from what the file says to what is on the air and back: it is prepared and put on the
 * air, stays there when its next version cannot be sent, and comes back by itself when it failed for a reason that passes.
 */
export class ServedObject {
  readonly name: string;
  readonly #serving: Serving;
  /** Attempts, one after the other. */
  readonly #attempts = new OperationQueue();
  readonly #pauses = new RetryPauses();
  #target: { readonly object: FleetObject; readonly station: Station } | undefined;
  #onAir: Sendable | undefined;
  /** What was sent under this name last, also when it has left the air. */
  #lastSent: { readonly version: number; readonly sha256: string } | undefined;
  /** Aborted when the fleet file says something new: what was begun for the old one ends. */
  #superseded = new AbortController();
  #cancelRetry: (() => void) | undefined;
  #isTrying = false;
  /** Whether the next try is for a file that was sent before and is not there, or not readable, now. */
  #isFileAwaited = false;
  #toldReason: string | undefined;
  #isChecking = false;

  constructor(name: string, serving: Serving) {
    this.name = name;
    this.#serving = serving;
  }

  get onAir(): Sendable | undefined {
    return this.#onAir;
  }

  /** Whether nothing is sent of it, nor will be before a reload or before its file comes back. */
  get isIdle(): boolean {
    const isRetryPlanned = this.#cancelRetry !== undefined && !this.#isFileAwaited;
    return this.#onAir === undefined && !this.#isTrying && !isRetryPlanned;
  }

  /**
   * Sends the object as the fleet file says from now on. When that fails, what is on the air stays, as long as it can be sent
   * from this station.
   *
   * @returns why the object cannot be sent like this; undefined when it is
   * @throws {LayercastError} `ABORTED` when the server stops
   */
  async update(object: FleetObject, station: Station): Promise<RefuseEvent | undefined> {
    this.#forgetRetry();
    this.#pauses.reset();
    this.#toldReason = undefined;
    this.#target = { object, station };
    const refused = await this.#attempts.run(() => this.#attempt());
    this.#toldReason = reasonOf(refused);
    return refused;
  }

  /** Takes the object off the air: the fleet file no longer has it. */
  async remove(): Promise<void> {
    this.#forgetRetry();
    await this.#attempts.run(async () => {
      if (this.#onAir !== undefined) await this.#takeOff(this.#onAir, undefined);
    });
  }

  /** What is on the air has left it by itself, for a reason or (undefined) because its channels are another object's now. */
  lost(object: BroadcastObject, error: unknown): void {
    const before = this.#onAir;
    if (before?.sent !== object) return;
    this.#onAir = undefined;
    const retryMs = error === undefined ? undefined : this.#planRetry(error);
    const { version } = before.object;
    this.#serving.emit('withdraw', { object: this.name, version, error: explained(error), retryMs });
  }

  /**
   * Looks whether the file is still what was hashed; if not, the object fails. One look at a time: a file system of another host
   * may not answer for minutes.
   */
  async check(): Promise<void> {
    const { onAir } = this;
    if (onAir === undefined || this.#isChecking) return;
    this.#isChecking = true;
    await onAir.prepared.source.checkUnchanged().catch((error) => this.#serving.broadcast.fail(onAir.sent, error));
    this.#isChecking = false;
  }

  /** Signs anew what is on the air, or takes another record, where that is due. The channels go on without a gap. */
  async renew(): Promise<void> {
    await this.#attempts.run(async () => {
      if (this.#onAir !== undefined) await this.#renew(this.#onAir);
    });
  }

  /** Ends what is under way; resolves when it has ended. */
  async close(): Promise<void> {
    this.#forgetRetry();
    await this.#attempts.close();
  }

  async #attempt(): Promise<RefuseEvent | undefined> {
    const { object, station } = this.#target!;
    const signal = AbortSignal.any([this.#serving.signal, this.#superseded.signal]);
    this.#isTrying = true;
    try {
      const { onAir } = this;
      const isSame = onAir?.settings === settingsOf(object, station);
      if (isSame && (await isUnchanged(onAir))) {
        this.#onAir = { ...onAir, object, station };
        await this.#renew(this.#onAir);
      } else {
        await this.#put(await makeSendable(object, station, this.#serving, signal, (made) => this.#checkVersion(made)));
      }
      return undefined;
    } catch (error) {
      signal.throwIfAborted();
      return await this.#refuse(error);
    } finally {
      this.#isTrying = false;
    }
  }

  async #put(next: Sendable): Promise<void> {
    const { broadcast, emit, clock } = this.#serving;
    const before = this.#onAir;
    // It may be lost as soon as it is on the air.
    this.#onAir = next;
    try {
      await broadcast.put(next.sent);
    } catch (error) {
      const isThere = before !== undefined && broadcast.has(before.sent);
      this.#onAir = isThere ? before : undefined;
      if (before !== undefined && !isThere) this.#tellWithdrawn(before, error);
      throw error;
    }
    this.#lastSent = identityOf(next.prepared, next.object.version);
    this.#toldReason = undefined;
    this.#pauses.succeed(clock.nowUs());
    if (broadcast.has(next.sent)) emit('publish', publishEvent(next.object, next.prepared, next.station));
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

  /** Leaves on the air what can go on. */
  async #refuse(error: unknown): Promise<RefuseEvent> {
    const { object, station } = this.#target!;
    const { onAir } = this;
    const canGoOn = onAir !== undefined && frameOf(onAir.station) === frameOf(station) && (await isUnchanged(onAir));
    if (onAir !== undefined && !canGoOn) await this.#takeOff(onAir, error);
    const retryMs = this.#planRetry(error);
    const sentVersion = this.#onAir?.object.version;
    return { object: this.name, version: object.version, error: explained(error), sentVersion, retryMs };
  }

  async #takeOff(onAir: Sendable, error: unknown): Promise<void> {
    this.#onAir = undefined;
    if (await this.#serving.broadcast.withdraw(onAir.sent)) this.#tellWithdrawn(onAir, error);
  }

  #tellWithdrawn({ object }: Sendable, error: unknown): void {
    const { version } = object;
    this.#serving.emit('withdraw', { object: this.name, version, error: explained(error), retryMs: undefined });
  }

  /** Receivers take a version number for one content: what some of them have begun must not become something else. */
  #checkVersion(prepared: PreparedObject): void {
    const { version } = this.#target!.object;
    const now = identityOf(prepared, version);
    if (this.#lastSent?.version !== version || this.#lastSent.sha256 === now.sha256) return;
    throw new LayercastError('VERSION_REFUSED', `${this.name}: other content was sent as version ${version} before`, {
      hint: 'Raise its version in the fleet file, and reload',
    });
  }

  /** @returns the pause in milliseconds; undefined for what waits for a reload */
  #planRetry(error: unknown): number | undefined {
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    const { clock, signal } = this.#serving;
    const wasSent = this.#lastSent !== undefined && this.#lastSent.version === this.#target?.object.version;
    this.#isFileAwaited = this.#onAir === undefined && wasSent && isFileAway(error);
    if (!(isPassing(error) || this.#isFileAwaited) || signal.aborted) return undefined;
    const nowUs = clock.nowUs();
    const pauseUs = this.#pauses.fail(error, nowUs);
    this.#cancelRetry = clock.schedule(nowUs + pauseUs, () => void this.#retry());
    return pauseUs / 1000;
  }

  async #retry(): Promise<void> {
    const { signal } = this.#superseded;
    this.#cancelRetry = undefined;
    this.#isTrying = true;
    try {
      const refused = await this.#serving.oneByOne(async () => {
        return signal.aborted ? undefined : await this.#attempts.run(() => this.#attempt());
      });
      const reason = reasonOf(refused);
      if (refused !== undefined && reason !== this.#toldReason) this.#serving.emit('refuse', refused);
      this.#toldReason = reason;
    } catch {
      // The server stops, or the fleet file says something else by now.
    } finally {
      this.#isTrying = false;
    }
  }

  #forgetRetry(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    this.#superseded.abort(new LayercastError('ABORTED', 'the fleet file was read again'));
    this.#superseded = new AbortController();
  }
}

function reasonOf(refused: RefuseEvent | undefined): string | undefined {
  return refused?.error instanceof Error ? refused.error.message : undefined;
}

function identityOf({ descriptor }: PreparedObject, version: number) {
  return { version, sha256: Buffer.from(descriptor.sha256).toString('hex') };
}

/** A file that has changed is hashed again: what its owner should do depends on what comes of that. */
function explained(error: unknown): unknown {
  if (!(error instanceof LayercastError) || error.code !== 'OBJECT_CHANGED') return error;
  return new LayercastError(error.code, error.message, {
    hint: 'It is hashed again, and sent again if its bytes are the same; publish other bytes under a higher version',
    cause: error,
  });
}
