import type { Keeper, RecordStore } from '../keeper.js';
import { packTrigger, unpackTrigger } from '../kept-records.js';
import { PushedRecords } from './pushed-records.js';
import type { Trigger, TriggerFault, TriggerOrder, TriggerResult } from './trigger.js';
import { TriggerQueue } from './trigger-queue.js';

/** Triggers that wait: one for each of a hundred thousand devices, and more of one device than an operator asks for at once. */
const BOUNDS = { mostCount: 100_000, mostOfDevice: 8 };

/** The triggers of all devices, and the records that they push. They stay over restarts. */
export class Triggers {
  readonly queue: TriggerQueue;
  readonly results: Record<TriggerResult, number> = { delivered: 0, refused: 0, expired: 0, cancelled: 0 };
  readonly #records = new PushedRecords();
  readonly #keeper: Keeper;
  readonly #randomBytes: (count: number) => Uint8Array;

  constructor(keeper: Keeper, randomBytes: (count: number) => Uint8Array) {
    this.#keeper = keeper;
    this.#randomBytes = randomBytes;
    this.queue = new TriggerQueue(BOUNDS, () => (randomBytes(1)[0] ?? 0) / 255);
  }

  recordOf(key: string): Uint8Array | undefined {
    return this.#records.find(key);
  }

  /**
   * Queues an order for each device. What waits already is not queued again. All are durable when this returns.
   *
   * @returns what was queued, and for each device its trigger or why there is none
   * @throws {LayercastError} if the disk refuses: none is queued then
   */
  order(
    devices: readonly string[],
    order: TriggerOrder,
    nowMs: number,
    isKnown: (device: string) => boolean,
  ): { readonly queued: readonly Trigger[]; readonly answers: readonly (Trigger | TriggerFault)[] } {
    const queued: Trigger[] = [];
    const answers = devices.map((device) => {
      if (!isKnown(device)) return 'unknown';
      const [trigger, isNew] = this.#enqueue(device, order, nowMs);
      if (trigger === undefined) return 'full';
      if (isNew) queued.push(trigger);
      return trigger;
    });
    try {
      const records = new Set(queued.flatMap(({ record }) => record ?? []));
      this.#keeper.writeNow([
        ...[...records].map((key) => ['record', key] as const),
        ...queued.map(({ id }) => ['trigger', id] as const),
      ]);
    } catch (error) {
      for (const { id } of queued) this.#takeOut(id);
      throw error;
    }
    return { queued, answers };
  }

  /** A trigger is over. @returns undefined if it was over already */
  settle(id: string, result: TriggerResult): Trigger | undefined {
    const trigger = this.#takeOut(id);
    if (trigger !== undefined) this.results[result]++;
    return trigger;
  }

  /** What is kept of a trigger or of a record; undefined if it is over. */
  textOf(kind: 'trigger' | 'record', key: string): string | undefined {
    if (kind === 'trigger') {
      const trigger = this.queue.find(key);
      return trigger && packTrigger(trigger);
    }
    const bytes = this.#records.find(key);
    return bytes && Buffer.from(bytes).toString('base64');
  }

  /** Takes up what was kept. What is damaged, or has no device any more, is removed. */
  restore(store: RecordStore, isKnown: (device: string) => boolean): void {
    const records = new Map([...store.all('record')].map(({ key, text }) => [key, Buffer.from(text, 'base64')]));
    const kept = [...store.all('trigger')].map(({ key, text }) => [key, unpackTrigger(key, text)] as const);
    kept.sort(([, a], [, b]) => (a?.queuedAtMs ?? 0) - (b?.queuedAtMs ?? 0));
    for (const [id, trigger] of kept) {
      if (trigger === undefined || !isKnown(trigger.device) || !this.#takeUp(trigger, records)) {
        this.#keeper.note('trigger', id);
      }
    }
    for (const key of records.keys()) if (this.#records.find(key) === undefined) this.#keeper.note('record', key);
  }

  #takeUp(trigger: Trigger, records: ReadonlyMap<string, Uint8Array>): boolean {
    const bytes = trigger.record === undefined ? undefined : records.get(trigger.record);
    if (trigger.record !== undefined && (bytes === undefined || this.#records.take(bytes) !== trigger.record))
      return false;
    return this.queue.add(trigger);
  }

  #enqueue(device: string, { object, record: bytes, expiresInMs }: TriggerOrder, nowMs: number) {
    const record = bytes === undefined ? undefined : this.#records.take(bytes);
    if (bytes !== undefined && record === undefined) return [undefined, false] as const;
    const same = this.queue.same({ device, object, record });
    const id = Buffer.from(this.#randomBytes(9)).toString('base64url');
    const expiresAtMs = nowMs + expiresInMs;
    const trigger = same ?? { id, device, object, record, queuedAtMs: nowMs, expiresAtMs, attemptCount: 0 };
    const isNew = same === undefined && this.queue.add(trigger);
    if (!isNew && record !== undefined) this.#records.release(record);
    return [isNew ? trigger : same, isNew] as const;
  }

  #takeOut(id: string): Trigger | undefined {
    const trigger = this.queue.end(id);
    if (trigger === undefined) return undefined;
    this.#keeper.note('trigger', id);
    const { record } = trigger;
    if (record !== undefined) {
      this.#records.release(record);
      if (this.#records.find(record) === undefined) this.#keeper.note('record', record);
    }
    return trigger;
  }
}
