import type { Clock } from '../base/ports.js';
import { expiryWarning, isRenewalDue } from './records/signing.js';
import type { ServedObject } from './served-object.js';
import { type SentAndSkipped, Shortfall } from './shortfall.js';
import type { Warnings } from './warnings/warnings.js';

/**
 * How often the files on the air are checked. Reads notice a change themselves; the check notices it in files that are read
 * seldom.
 */
const WATCH_INTERVAL_US = 1_000_000;
/** How often a server with nothing to send says so. */
const IDLE_REMINDER_US = 60_000_000;
/** Objects that are signed again in one turn of the event loop: 50 take 3 ms, which makes no datagram late. */
const MAX_RENEWALS = 50;

export interface WatchedServer {
  readonly objects: () => readonly ServedObject[];
  /** Whether this host can sign records. */
  readonly hasKey: () => boolean;
  readonly isApplying: () => boolean;
  readonly onIdle: () => void;
  /** Of all channels on the air. */
  readonly counted: () => SentAndSkipped;
  /** Announces what proves that the objects are the newest, as of `nowS` (Unix time). Cheap if nothing has changed. */
  readonly prove: (nowS: number) => void;
}

/** Checks once a second what changes with time: files, dates of records, and whether the server sends anything, and at its rates. */
export class ServerWatch {
  readonly #clock: Clock;
  readonly #warnings: Warnings;
  readonly #server: WatchedServer;
  #cancel: () => void = () => undefined;
  #cancelRenewals: () => void = () => undefined;
  #remindUs = Number.NEGATIVE_INFINITY;
  readonly #shortfall = new Shortfall();

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
    this.#server.prove(Math.floor(this.#clock.wallUs() / 1e6));
    this.#lookWhetherIdle(objects);
    this.#lookAtRates();
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

  /** Objects whose renewal fails, or is still waiting at the next check, are found again by that check. */
  #renew(due: readonly ServedObject[]): void {
    for (const object of due.slice(0, MAX_RENEWALS)) object.renew().catch(() => undefined);
    if (due.length <= MAX_RENEWALS) return;
    const rest = due.slice(MAX_RENEWALS);
    this.#cancelRenewals = this.#clock.schedule(this.#clock.nowUs(), () => this.#renew(rest));
  }

  #lookAtRates(): void {
    const ratio = this.#shortfall.look(this.#clock.nowUs(), this.#server.counted());
    if (ratio === undefined) return;
    const message = `this server sends ${Math.round(100 * ratio)} % of what its rates ask for: its host or the link of its interface is too slow`;
    const hint = 'Lower the rates (layercast plan shows their sum), or give the server a faster link or host';
    this.#warnings.tell({ code: 'SENDS_LESS', message, hint });
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
