import type { ServerResponse } from 'node:http';
import { EventClients } from '../../http/event-clients.js';
import type { Manager } from '../manager.js';
import { deviceJson, triggerJson } from './device-json.js';

/** Pages that people look at, and a few programs. */
const MAX_CLIENTS = 16;

/** Tells clients what changes, as server-sent events: `device`, `forgotten` and `trigger`, each with JSON. */
export class EventStream implements Disposable {
  readonly #manager: Manager;
  readonly #clients = new EventClients(MAX_CLIENTS);
  readonly #stopListening: () => void;

  constructor(manager: Manager) {
    this.#manager = manager;
    this.#stopListening = this.#listen();
  }

  get clientCount(): number {
    return this.#clients.count;
  }

  /** @returns false if there are too many clients */
  add(response: ServerResponse): boolean {
    return this.#clients.add(response);
  }

  [Symbol.dispose](): void {
    this.#stopListening();
    this.#clients[Symbol.dispose]();
  }

  #listen(): () => void {
    const manager = this.#manager;
    const device = (state: Parameters<typeof deviceJson>[1]) => this.#tell('device', () => deviceJson(manager, state));
    const forgotten = (name: string) => this.#tell('forgotten', () => ({ device: name }));
    const trigger = (one: Parameters<typeof triggerJson>[0], result: string | undefined) =>
      this.#tell('trigger', () => ({ ...triggerJson(one), result }));
    manager.on('device', device).on('forgotten', forgotten).on('trigger', trigger);
    return () => manager.off('device', device).off('forgotten', forgotten).off('trigger', trigger);
  }

  #tell(event: string, make: () => object): void {
    if (this.#clients.count > 0) this.#clients.tell(event, make());
  }
}
