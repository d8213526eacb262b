import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeKeyPair } from '../../dist/cli/actions/key-pair.js';
import type { PublishEvent } from '../../dist/publish/events.js';
import type { CompleteEvent, ProgressEvent } from '../../dist/receiver/events.js';
import { Bed, type BedOptions } from '../lab/bed.js';
import type { LabEvent, LabProcess, SpawnOptions } from '../lab/process.js';

/** A fleet file's content. `fleet` fills in what all tests share. The file is JSON, which YAML readers can read. */
export interface FleetText {
  readonly fleet: string;
  readonly objects: Readonly<Record<string, ObjectText>>;
  readonly [setting: string]: unknown;
}

export interface ObjectText {
  readonly file?: string;
  /** Alternative to `file`. */
  readonly dir?: string;
  /** Alternative to `ladder`. */
  readonly channels?: readonly Readonly<Record<string, unknown>>[];
  readonly [setting: string]: unknown;
}

/** What `serve` published: its process, and the group of each channel by object. */
export interface Server {
  readonly process: LabProcess;
  readonly published: ReadonlyMap<string, PublishEvent>;
}

/** All that real processes need: the hosts of a bed, a folder with their files, and the keys of a fleet. */
export class Scene implements AsyncDisposable {
  readonly bed: Bed;
  readonly folder: string;

  private constructor(bed: Bed, folder: string) {
    this.bed = bed;
    this.folder = folder;
  }

  static async lay(hosts: readonly string[], options: Pick<BedOptions, 'sites'> = {}): Promise<Scene> {
    const folder = mkdtempSync(join(tmpdir(), 'layercast-e2e-'));
    try {
      await writeKeyPair(join(folder, 'keys'), false);
      return new Scene(await Bed.lay({ hosts, ...options }), folder);
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  get publicKey(): string {
    return this.path('keys/layercast.pub');
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** A file of random bytes. */
  random(name: string, sizeBytes: number): Buffer {
    const bytes = randomBytes(sizeBytes);
    writeFileSync(this.path(name), bytes);
    return bytes;
  }

  /** Writes a fleet file and resolves to its path. */
  fleet(text: FleetText, name = `${text.fleet}.yaml`): string {
    const objects = Object.fromEntries(
      Object.entries(text.objects).map(([object, entry]) => [object, { version: 1, code: 'none', ...entry }]),
    );
    const whole = { key: 'keys/layercast.key', scope: 'site', announceInterval: '200ms', ...text, objects };
    writeFileSync(this.path(name), JSON.stringify(whole, null, 2));
    return this.path(name);
  }

  /** Starts the built command line on a host, with a state directory of the host's own. */
  layercast(host: string, args: readonly string[], options: SpawnOptions = {}): LabProcess {
    const state = this.path(`state/${host}`);
    mkdirSync(state, { recursive: true });
    return this.bed.host(host).layercast(args, { ...options, env: { XDG_STATE_HOME: state, ...options.env } });
  }

  /** Serves a fleet file on a host, and resolves when all of `objects` (or one, where none is named) are on the air. */
  async serve(
    host: string,
    config: string,
    objects: readonly string[] = [],
    more: readonly string[] = [],
    spawning: SpawnOptions = {},
  ): Promise<Server> {
    const process = this.layercast(host, ['serve', '--config', config, '--json', ...more], spawning);
    const published = new Map<string, PublishEvent>();
    // A file of 4 GiB is hashed in 20 s where nobody else wants the processors, and in more than a minute at a load of 12 on two.
    const options = { timeoutMs: 150_000 };
    const take = (event: LabEvent) => published.set(String(event.object), event as unknown as PublishEvent);
    if (objects.length === 0) take(await process.waitForEvent('publish', options));
    for (const object of objects) {
      const isOne = (event: LabEvent) => event.event === 'publish' && event.object === object;
      take(await process.waitForEvent(isOne, options));
    }
    return { process, published };
  }

  fetch(host: string, object: string, output: string, more: readonly string[] = [], options: SpawnOptions = {}) {
    const args = ['fetch', object, '--key', this.publicKey, '-o', this.path(output), '--json', ...more];
    return this.layercast(host, args, options);
  }

  /** Fetches to the end, and resolves to the final record. */
  async fetched(host: string, object: string, output: string, more: readonly string[] = []): Promise<CompleteEvent> {
    return await completed(this.fetch(host, object, output, more));
  }

  /** Ends all processes on all hosts, so that the next test finds them idle. */
  async clear(): Promise<void> {
    await Promise.all(this.bed.record.hosts.map((host) => this.bed.host(host).end()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.bed.lift();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The final record of a fetch; rejects with the fetch's output when it ended without such a record. */
export async function completed(process: LabProcess, timeoutMs = 60_000): Promise<CompleteEvent> {
  const event = await process.waitForEvent('complete', { timeoutMs });
  const { code } = await process.exited;
  if (code !== 0) throw new Error(`complete, but exit code ${code}: ${process.stderr}`);
  return event as unknown as CompleteEvent;
}

/** How a process ended: its exit code, and the code and message of its last event. */
export async function failed(process: LabProcess) {
  const { code: exitCode } = await process.exited;
  const last = eventsOf(process, 'error').at(-1);
  return { exitCode, code: last?.code, message: last?.message, stderr: process.stderr };
}

/** All events of a kind that a process has printed so far. */
export function eventsOf(process: LabProcess, name: string): readonly LabEvent[] {
  return process.stdout
    .split('\n')
    .slice(0, -1)
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as LabEvent)
    .filter(({ event }) => event === name);
}

/** The first progress report with at least this share of the object. */
export async function progressBeyond(process: LabProcess, ratio: number): Promise<ProgressEvent> {
  const isBeyond = ({ event, bytes, totalBytes }: LabEvent) =>
    event === 'progress' && Number(bytes) >= ratio * Number(totalBytes);
  return (await process.waitForEvent(isBeyond, { timeoutMs: 60_000 })) as unknown as ProgressEvent;
}

/** A progress report that is old enough for a checkpoint to have followed it: reports come every second, checkpoints every half second. */
export async function progressKept(process: LabProcess, ratio: number): Promise<ProgressEvent> {
  const first = await progressBeyond(process, ratio);
  const isLater = ({ event, bytes }: LabEvent) => event === 'progress' && Number(bytes) > first.bytes;
  await process.waitForEvent(isLater, { timeoutMs: 60_000 });
  return first;
}

export function sha256Of(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/**
 * Runs a server with priority over all other processes, where that is permitted. So a test measures the server's pacing, not how much
 * time other processes leave it (at a load of 10 on 2 cores, 7 % of 200 Mbit/s were missing).
 */
export const preferred: SpawnOptions = { through: ['nice', '-n', '-15'] };

/** Groups of an object's channels, in their order. */
export function groupsOf(server: Server, object: string): readonly string[] {
  return server.published.get(object)!.channels.map(({ group }) => group);
}
