import { type HeldVersion, heldOf } from '../agent/object-record.js';
import { pathOf } from '../agent/planned-output.js';
import type { ReceiveRequest, RunningPursuit } from '../agent/ports.js';
import { asLayercastError, LayercastError } from '../base/errors.js';
import { PACKET_OVERHEAD_BYTES } from '../base/limits.js';
import type { Clock, Network } from '../base/ports.js';
import type { ObjectStore } from '../receiver/assemble/object-store.js';
import { FaultCounters } from '../receiver/counters.js';
import type { Opened } from '../receiver/destination.js';
import { completed, neverFound } from '../receiver/endings.js';
import type { ReceiverEvents } from '../receiver/events.js';
import type { ChannelChoice } from '../receiver/join/channel-choice.js';
import { type Caught, Pursuit } from '../receiver/pursuit.js';
import type { Seeds } from '../receiver/seeding/seeds.js';
import { startTicking } from '../receiver/ticking.js';
import { Warnings } from '../receiver/warnings.js';
import type { Finding } from '../receiver/watch/findings.js';
import type { BlockRestorer } from '../retrieve/block-restorer.js';
import { readContentKey } from '../retrieve/decryption.js';
import type { Destination } from '../retrieve/destination.js';
import { openDestination } from '../retrieve/open-destination.js';
import type { Descriptor } from '../wire/descriptor.js';
import { type FillChoice, fillFrom } from './fill-from.js';

/** What a transfer tells, by name. */
export interface ObjectPursuitEvents
  extends Pick<ReceiverEvents, 'join' | 'leave' | 'progress' | 'warning' | 'waiting'> {
  readonly received: ReceiverEvents['complete'];
}

export type TellPursuit = <Name extends keyof ObjectPursuitEvents>(
  name: Name,
  ...args: Parameters<ObjectPursuitEvents[Name]>
) => void;

/** A store that does what `store` does, for somebody who looks on. */
export type WatchStore = (descriptor: Descriptor, store: ObjectStore) => ObjectStore;

/** What a pursuit tells that an agent tells on; its descriptor is in the agent's own events. */
const TOLD: readonly string[] = ['join', 'leave', 'progress'] satisfies (keyof ObjectPursuitEvents)[];

export interface ObjectPursuitOptions extends Pick<ChannelChoice, 'mode' | 'caution'> {
  readonly interface: string | undefined;
  readonly patienceUs: number;
  readonly waits: boolean;
  /** The folder for the journal; undefined for a journal beside the file. */
  readonly journalDir: string | undefined;
  readonly stateDir: string;
  readonly anchorId: string;
  readonly fill: FillChoice;
}

export interface ObjectPursuitWorld {
  readonly clock: Clock;
  readonly network: Network;
  readonly restorer: BlockRestorer;
  readonly tell: TellPursuit;
  readonly watchStore?: WatchStore | undefined;
}

/** Receives the newest version of one object for an agent: holds its destination, and pursues it with the findings of the agent's watch. */
export class ObjectPursuit implements RunningPursuit {
  readonly done: Promise<HeldVersion>;
  readonly #request: ReceiveRequest;
  readonly #options: ObjectPursuitOptions;
  readonly #world: ObjectPursuitWorld;
  readonly #opening = new AbortController();
  readonly #warnings: Warnings;
  readonly #faults = new FaultCounters();
  /** What holds the object's place on this host; undefined until it is open. */
  #destination: Destination | undefined;
  /** Older versions on this host; undefined until the destination is open, and if there are none. */
  #seeds: Seeds | undefined;
  readonly #pursuit: Pursuit;
  readonly #startedUs: number;

  constructor(request: ReceiveRequest, options: ObjectPursuitOptions, world: ObjectPursuitWorld) {
    this.#request = request;
    this.#options = options;
    this.#world = world;
    this.#startedUs = world.clock.nowUs();
    this.#warnings = new Warnings((event) => world.tell('warning', event));
    this.#pursuit = this.#newPursuit();
    this.#pursuit.follow({ kind: 'newest', descriptor: request.descriptor, sources: [] });
    this.done = this.#run();
  }

  get packetBytes(): number {
    const { channels = [] } = this.#pursuit.stats() ?? {};
    const packets = channels.reduce((sum, { datagrams }) => sum + datagrams, 0);
    return packets * ((this.#pursuit.newest ?? this.#request.descriptor).symbolBytes + PACKET_OVERHEAD_BYTES);
  }

  get hasEnough(): boolean {
    return this.#pursuit.hasEnough;
  }

  follow(finding: Finding): void {
    this.#pursuit.follow(finding);
  }

  stop(reason: Error): void {
    this.#opening.abort(reason);
    this.#pursuit.stop(reason);
  }

  async #run(): Promise<HeldVersion> {
    const { fleet, object } = this.#request.descriptor;
    const { journalDir, stateDir, anchorId } = this.#options;
    const { tell } = this.#world;
    try {
      await using destination = await openDestination({
        output: this.#request.output,
        journalDir,
        stateDir,
        fleet,
        object,
        keyFingerprint: anchorId,
        contentKey: await readContentKey(this.#request.contentKey),
        signal: this.#opening.signal,
        onWaiting: (message) => tell('waiting', { message }),
      });
      this.#destination = destination;
      this.#requireNewer(destination);
      const { seeds } = this.#request;
      if (seeds.length > 0) this.#seeds = destination.seeds(seeds, this.#world.restorer);
      const stopTicking = startTicking(this.#world, (nowUs, latenessUs) => this.#pursuit.tick(nowUs, latenessUs));
      const caught = await this.#pursuit.run().finally(stopTicking);
      return await this.#conclude(caught, destination);
    } catch (error) {
      // Waiting for a lock ends with an error of its own; the agent wants to know that it was the one who ended it.
      throw this.#opening.signal.aborted ? this.#opening.signal.reason : error;
    }
  }

  /** Another program of this host may have completed a higher version. */
  #requireNewer({ completedVersion }: Destination): void {
    const { fleet, object, version } = this.#request.descriptor;
    if (version >= completedVersion) return;
    throw new LayercastError(
      'VERSION_REFUSED',
      `${fleet}/${object}: version ${version} is older than version ${completedVersion}, which this host has completed`,
      { hint: 'Publish a higher version' },
    );
  }

  async #conclude({ descriptor, stats }: Caught, destination: Destination): Promise<HeldVersion> {
    const { tell, clock } = this.#world;
    const { version } = descriptor;
    const path = pathOf(this.#request.output);
    const event = completed(descriptor, stats, clock.nowUs() - this.#startedUs, path);
    try {
      await destination.remember(version, event.sha256);
    } catch (error) {
      const why = asLayercastError(error).message;
      const message = `version ${version} is complete, but could not be remembered: ${why}`;
      tell('warning', { code: 'NOT_REMEMBERED', message });
    }
    tell('received', event);
    return heldOf(descriptor, path);
  }

  async #open(newest: Descriptor): Promise<Opened> {
    const { restorer, watchStore } = this.#world;
    const opened = await this.#destination!.open(newest, restorer);
    if (opened.kind !== 'store' || watchStore === undefined) return opened;
    return { kind: 'store', store: watchStore(newest, opened.store) };
  }

  #newPursuit(): Pursuit {
    const { descriptor, maxRateBitsPerSecond, watch, fill } = this.#request;
    const seeds = () => this.#seeds;
    const { fleet, object } = descriptor;
    const { clock, network, tell } = this.#world;
    const [warnings, faults] = [this.#warnings, this.#faults];
    return new Pursuit(
      { ...this.#options, fleet, object, channels: undefined, maxRateBitsPerSecond },
      {
        clock,
        network,
        faults,
        warnings,
        watch,
        openDestination: (newest) => this.#open(newest),
        // Asked for when a fetch begins: the destination is open then.
        get seeds() {
          return seeds();
        },
        fillFor: fillFrom(fill, this.#options.fill, clock),
        neverFound: (limitUs) => neverFound(`${fleet}/${object}`, limitUs, warnings, faults),
        emit: (name, ...args) => {
          if (TOLD.includes(name)) tell(name as 'progress', ...(args as Parameters<ObjectPursuitEvents['progress']>));
          return true;
        },
      },
    );
  }
}
