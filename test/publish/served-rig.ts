import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Clock, Network } from '../../dist/base/ports.js';
import { parseFleet } from '../../dist/fleet/load-fleet.js';
import { Contents } from '../../dist/publish/contents/contents.js';
import type { RefuseEvent } from '../../dist/publish/events.js';
import { ServedObject } from '../../dist/publish/served-object.js';
import { CodingThread } from '../../dist/publish/symbols/coding-thread.js';
import { IntermediateCache } from '../../dist/publish/symbols/intermediate-cache.js';
import { Turns } from '../../dist/publish/turns.js';
import { Broadcast } from '../../dist/sender/broadcast.js';

/** A clock that the test moves. */
export class HandClock implements Clock {
  wallStepUs = 0;
  #nowUs = 0;
  readonly #timers = new Set<{ readonly atUs: number; readonly callback: () => void }>();

  nowUs(): number {
    return this.#nowUs;
  }

  wallUs(): number {
    return 1_800_000_000e6 + this.#nowUs + this.wallStepUs;
  }

  schedule(atUs: number, callback: () => void): () => void {
    const timer = { atUs, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Moves the clock in steps of 10 ms. After each step the event loop has a turn, for reads and writes of files. */
  async pass(seconds: number): Promise<void> {
    for (const endUs = this.#nowUs + seconds * 1e6; this.#nowUs < endUs; ) {
      this.#nowUs += 10_000;
      for (const timer of [...this.#timers].filter(({ atUs }) => atUs <= this.#nowUs)) {
        if (this.#timers.delete(timer)) timer.callback();
      }
      await new Promise(setImmediate);
    }
  }

  /** Moves the clock until the condition is true; if it never is, the test ends by its own time limit. */
  async passUntil(isSo: () => boolean): Promise<void> {
    while (!isSo()) await this.pass(0.01);
  }
}

/** Objects of a fleet with real files and a network that accepts all datagrams. */
export class ServedRig {
  readonly clock = new HandClock();
  readonly events: { readonly event: string; readonly [field: string]: unknown }[] = [];
  readonly broadcast: Broadcast;
  readonly stopping = new AbortController();
  readonly coding = new CodingThread();
  /** What the network refuses to open. */
  refusal: Error | undefined;
  /** Whether the fleet file is going to be read again. */
  isReloadDue = false;
  key: KeyObject = generateKeyPairSync('ed25519').privateKey;
  readonly folder: string;
  readonly #served = new Map<string, ServedObject>();
  readonly #serving;

  constructor(folder: string) {
    this.folder = folder;
    const network: Network = {
      join: () => Promise.reject(new Error('senders do not join')),
      openSender: async () => {
        if (this.refusal !== undefined) throw this.refusal;
        return { send: async ({ count }) => ({ sentCount: count, failure: undefined }), close: () => undefined };
      },
    };
    let sequence = 0;
    this.broadcast = new Broadcast(
      { clock: this.clock, network, random: () => sequence++ },
      {
        onLoss: (sent, error) => this.#served.get(sent.name)?.lost(sent, error),
        onPause: () => undefined,
        onNetwork: () => undefined,
      },
    );
    this.#serving = {
      broadcast: this.broadcast,
      clock: this.clock,
      stateDir: join(folder, 'state'),
      contents: new Contents(join(folder, 'state'), 1e9),
      intermediates: new IntermediateCache({ stateDir: join(folder, 'state'), limitBytes: 1e9, threadCount: 1 }),
      coding: this.coding,
      emit: ((event: string, fields: object) => this.events.push({ event, ...fields })) as never,
      signal: this.stopping.signal,
      isReloadDue: () => this.isReloadDue,
      turns: new Turns(this.clock),
    };
    onTestFinished(() => this.stop());
  }

  static async make(folder: string): Promise<ServedRig> {
    await mkdir(folder, { recursive: true });
    return new ServedRig(folder);
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, text: string): Promise<void> {
    return writeFile(this.path(name), text);
  }

  object(name: string): ServedObject {
    const served = this.#served.get(name) ?? new ServedObject(name, this.#serving);
    this.#served.set(name, served);
    return served;
  }

  /** Applies one object of a fleet file; `frame` has the settings of the whole fleet. */
  async update(name: string, object: object, frame: object = {}): Promise<RefuseEvent | undefined> {
    const text = { fleet: 'f', symbolBytes: 100, servers: { s: {} }, ...frame };
    const entry = { file: name, version: 1, code: 'none', channels: [{ rate: '1Mbit' }], ...object };
    const fleet = parseFleet(JSON.stringify({ ...text, objects: { [name]: entry } }), this.path('fleet.yaml'));
    const station = { fleet, server: fleet.servers[0]!, key: this.key, serverKey: undefined, interface: 'sim0' };
    return await this.object(name).update(fleet.objects[0]!, station);
  }

  /** Events of a kind, without the fields that vary from run to run. */
  told(event: string): readonly unknown[] {
    return this.events
      .filter((one) => one.event === event)
      .map(({ version, error, retryMs }) => {
        return [version, (error as { code?: string } | undefined)?.code, retryMs];
      });
  }

  /** Objects on the air with their versions. */
  get onAir(): readonly string[] {
    return this.broadcast.objects.map(({ name, publication }) => `${name} ${publication.descriptor.version}`);
  }

  async stop(): Promise<void> {
    this.stopping.abort(new Error('stopped'));
    await this.broadcast.stop();
    await this.coding.close();
    await Promise.all([...this.#served.values()].map((object) => object.close()));
  }
}
