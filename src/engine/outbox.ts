import type { Owner } from '../work/calls.js';

/** What a thread tells its owner: an event with its arguments or none, and the counts at that time. */
export interface ToldEvent<Stats> {
  readonly event: string | undefined;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly stats: Stats;
}

/**
 * Events that may be on their way to an owner who has not taken them. Each is a kilobyte or two, and a thread that is not blocked takes an
 * event within a millisecond.
 */
const MAX_UNTAKEN = 64;
/**
 * Events that wait for an owner who is blocked. An engine that follows its rules makes fewer than ten a second, apart from those that
 * replace each other, so this is some minutes of an owner that does nothing.
 */
const MAX_WAITING = 2000;
/** Events of which only the newest matters: they report how far something has come. */
const REPLACED: ReadonlySet<string> = new Set(['progress', 'hashing', 'encoding']);
/** How often the owner gets new counts when there is no event: as often as a person can read them. */
const COUNTS_MS = 200;
/** Counts take at most this share of the thread's time: those of a thousand channels take a millisecond. */
const COUNTS_SHARE = 0.01;

/**
 * The events and counts that an engine tells to its owner in another thread.
 *
 * A program may block its own thread for any length of time, and nothing that it has not taken may pile up. So at most `MAX_UNTAKEN` events
 * are on their way, at most `MAX_WAITING` wait, and counts are told only when the owner has taken all that was told before.
 */
export class Outbox<Stats> {
  readonly #owner: Owner;
  readonly #stats: () => Stats;
  /** Events that are not yet on their way. */
  readonly #waiting: { readonly event: string; readonly fields: Readonly<Record<string, unknown>> }[] = [];
  #untakenCount = 0;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(owner: Owner, stats: () => Stats) {
    this.#owner = owner;
    this.#stats = stats;
    this.#tellCountsLater(COUNTS_MS);
  }

  /** Tells an event; one that fails for want of room is left out. */
  tell(event: string, fields: Readonly<Record<string, unknown>>): void {
    if (this.#untakenCount < MAX_UNTAKEN) this.#post(event, fields);
    else this.#wait(event, fields);
  }

  /** The owner has taken what came first of all that is on its way. */
  taken(): void {
    this.#untakenCount--;
    const next = this.#waiting.shift();
    if (next !== undefined) this.#post(next.event, next.fields);
  }

  /** Sends all events and the last counts on their way, before a reply that has to come after them. */
  flush(): void {
    for (const { event, fields } of this.#waiting.splice(0)) this.#post(event, fields);
    this.#post(undefined, {});
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #wait(event: string, fields: Readonly<Record<string, unknown>>): void {
    const before = REPLACED.has(event) ? this.#waiting.findIndex((one) => isSame(one, event, fields)) : -1;
    if (before >= 0) this.#waiting.splice(before, 1);
    else if (this.#waiting.length === MAX_WAITING) this.#waiting.shift();
    this.#waiting.push({ event, fields });
  }

  #post(event: string | undefined, fields: Readonly<Record<string, unknown>>): void {
    this.#untakenCount++;
    const told: ToldEvent<Stats> = { event, fields, stats: this.#stats() };
    this.#owner.tell(told);
  }

  #tellCountsLater(waitMs: number): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => {
      const beganMs = performance.now();
      if (this.#untakenCount === 0) this.#post(undefined, {});
      this.#tellCountsLater(Math.max(COUNTS_MS, (performance.now() - beganMs) / COUNTS_SHARE));
    }, waitMs);
    // An engine keeps its thread alive while it runs, and counts alone do not.
    this.#timer.unref();
  }
}

/** Whether both report on the same object: a sender hashes or encodes several, one after the other. */
function isSame(
  one: { readonly event: string; readonly fields: Readonly<Record<string, unknown>> },
  event: string,
  fields: Readonly<Record<string, unknown>>,
): boolean {
  return one.event === event && one.fields.object === fields.object;
}
