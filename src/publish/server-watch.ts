import type { Clock } from '../base/ports.js';
import { expiryWarning, isRenewalDue } from './records/signing.js';
import type { ServedObject } from './served-object.js';
import type { Warnings } from './warnings/warnings.js';

/** How often the files being sent are looked at. Reads find a change by themselves; this finds one in what is read seldom. */
const WATCH_INTERVAL_US = 1_000_000;
/** A server with nothing to send says so again this often. */
const IDLE_REMINDER_US = 60_000_000;
/** Objects that are signed anew in one turn: 50 take 3 ms, and no datagram is late because of them. */
const MAX_RENEWALS = 50;

export interface WatchedServer {
  readonly objects: () => readonly ServedObject[];
  /** Whether records can be signed anew here. */
  readonly hasKey: () => boolean;
  readonly isApplying: () => boolean;
  readonly onIdle: () => void;
}

/** Looks once a second at what time changes: files, the dates of records, and whether anything is sent at all. */
export class ServerWatch {
  readonly #clock: Clock;
  readonly #warnings: Warnings;
  readonly #server: WatchedServer;
  #cancel: () => void = () => undefined;
  #cancelRenewals: () => void = () => undefined;
  #remindUs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, warnings: Warnings, server: WatchedServer) {
    this.#clock = clock;
    this.#warnings = warnings;
    this.#server = server;
  }

  start(): void {
    this.stop();
    this.#look();
    this.#cancel = this.#clock.schedule(this.#clock.nowUs() + WATCH_INTERVAL_US, () => this.start());
  }

  stop(): void {
    this.#cancel();
    this.#cancelRenewals();
  }

  #look(): void {
    const objects = this.#server.objects();
    for (const object of objects) void object.check();
    this.#lookAtDates(objects);
    this.#lookWhetherIdle(objects);
  }

  #lookAtDates(objects: readonly ServedObject[]): void {
    const nowS = Math.floor(this.#clock.wallUs() / 1e6);
    const sent = objects.filter(({ onAir }) => onAir !== undefined);
    if (this.#server.hasKey()) {
      this.#renew(sent.filter(({ onAir }) => isRenewalDue(onAir!.prepared.descriptor, nowS)));
      return;
    }
    for (const { onAir } of sent) {
      const message = expiryWarning(onAir!.prepared.descriptor, nowS);
      const hint = 'Make records anew with layercast sign, and reload (SIGHUP)';
      if (message !== undefined) this.#warnings.tell({ code: 'EXPIRED', message, hint });
    }
  }

  /** What fails, or is still waiting at the next look, is found again by that. */
  #renew(due: readonly ServedObject[]): void {
    for (const object of due.slice(0, MAX_RENEWALS)) object.renew().catch(() => undefined);
    if (due.length <= MAX_RENEWALS) return;
    const rest = due.slice(MAX_RENEWALS);
    this.#cancelRenewals = this.#clock.schedule(this.#clock.nowUs(), () => this.#renew(rest));
  }

  #lookWhetherIdle(objects: readonly ServedObject[]): void {
    if (this.#server.isApplying()) return;
    if (!objects.every(({ isIdle }) => isIdle)) {
      this.#remindUs = Number.NEGATIVE_INFINITY;
      return;
    }
    const nowUs = this.#clock.nowUs();
    if (nowUs < this.#remindUs) return;
    this.#remindUs = nowUs + IDLE_REMINDER_US;
    this.#server.onIdle();
  }
}
