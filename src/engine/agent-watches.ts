import type { EventEmitter } from 'eventemitter3';
import type { AgentEvents } from '../agent/events.js';
import { patternTest } from '../agent/object-pattern.js';
import type { AgentWatch } from '../agent/ports.js';
import { BUILT_S } from '../base/build-time.js';
import type { Clock, Network } from '../base/ports.js';
import { systemClock } from '../base/system-clock.js';
import type { AgentFolder } from '../device/agent-folder.js';
import { awaitInterface } from '../net/interfaces/interfaces.js';
import type { CheckedAgentOptions } from '../options/check-agent-options.js';
import { FaultCounters } from '../receiver/counters.js';
import { Watch } from '../receiver/watch/watch.js';
import { TrustMemory } from '../retrieve/trust-memory.js';
import type { Anchor } from '../trust/anchor.js';
import { announcementName, groupOf } from '../wire/address.js';

export interface AgentWatchOptions
  extends Pick<
    CheckedAgentOptions,
    | 'fleet'
    | 'scope'
    | 'port'
    | 'hash'
    | 'wait'
    | 'allowExpired'
    | 'compatible'
    | 'patienceMs'
    | 'interface'
    | 'subscribe'
  > {
  readonly stateDir: string;
  readonly anchor: Anchor;
}

export interface AgentWatchWorld {
  readonly clock: Clock;
  readonly network: Network;
  /** Whether the network does not use this host's interfaces. */
  readonly hasOwnInterfaces: boolean;
  readonly folder: Pick<AgentFolder, 'loadAnnounced' | 'saveAnnounced'>;
  readonly emit: EventEmitter<AgentEvents>['emit'];
  /** What brings records by another way than announcements. */
  readonly elsewhere: Elsewhere;
  /** Ends the wait for an interface. */
  readonly signal: AbortSignal;
}

/** A way by which records come beside announcements. */
export interface Elsewhere {
  /** Whether records may still come that a wake should wait for. */
  readonly isExpecting: boolean;
  /** A wake has begun. @param take judges records, until `sleep` */
  wake(take: (record: Uint8Array) => void): void;
  /** The wake is over. */
  sleep(): void;
}

/** Several ways as one. */
export function togetherOf(ways: readonly Elsewhere[]): Elsewhere {
  return {
    get isExpecting() {
      return ways.some(({ isExpecting }) => isExpecting);
    },
    wake: (take) => {
      for (const way of ways) way.wake(take);
    },
    sleep: () => {
      for (const way of ways) way.sleep();
    },
  };
}

/** A watch for each wake, and the interface that it listens on. */
export class AgentWatches {
  readonly #options: AgentWatchOptions;
  readonly #world: AgentWatchWorld;
  /** One for each subscription. */
  readonly #fits: readonly ((object: string) => boolean)[];
  #warned = '';

  constructor(options: AgentWatchOptions, world: AgentWatchWorld) {
    this.#options = options;
    this.#world = world;
    this.#fits = options.subscribe.map(({ object }) => patternTest(object));
  }

  /**
   * Joins the group where the fleet announces its objects.
   *
   * @param lowestVersionOf versions of an object below this one are refused
   */
  async open(
    lowestVersionOf: (object: string) => number,
  ): Promise<{ readonly watch: AgentWatch; readonly interface: string | undefined }> {
    const { fleet, scope, port, hash, wait, allowExpired, compatible = [], patienceMs } = this.#options;
    const { clock, network, folder, emit, elsewhere } = this.#world;
    const onWaiting = (message: string) => emit('waiting', { message });
    const onRefused = (message: string) => this.#warnOnce(message);
    const group = groupOf(announcementName(fleet), { scope, hash, ssm: false });
    const name = await this.#interfaceName(onWaiting);
    const memory = new TrustMemory(this.#options.stateDir, fleet, this.#options.anchor);
    const trust = { ...(await memory.recall()), builtS: clock === systemClock ? BUILT_S : 0 };
    const announcement = { group, port, sources: [], interface: name, isPatient: true };
    const remember = () => memory.rememberOrWarn(watch.trustOf(fleet), (event) => emit('warning', event));
    const watch: RememberingWatch = new RememberingWatch(
      {
        fleet,
        object: undefined,
        trust,
        announcement,
        waits: wait,
        lowestVersionOf,
        acceptExpired: allowExpired,
        compatible,
      },
      { clock, network, onWaiting, onRefused, onRoot: () => void remember() },
      new FaultCounters(),
    );
    watch.elsewhere = elsewhere;
    watch.onClose = async () => {
      elsewhere.sleep();
      await remember();
      // Without the records, the next wake waits for announcements.
      const wanted = watch.records.filter(({ object }) => this.#fits.some((fits) => fits(object)));
      await folder.saveAnnounced(wanted).catch(() => undefined);
    };
    for (const { record, announcedBy } of await folder.loadAnnounced()) watch.recall(record, announcedBy);
    await watch.open();
    elsewhere.wake((record) => watch.take(record));
    emit('listening', { group, port, interface: name, patienceMs });
    return { watch, interface: name };
  }

  /** A refused join is tried again in each wake; one that is refused for the same reason is no news. */
  #warnOnce(message: string): void {
    if (message !== this.#warned) this.#world.emit('warning', { code: 'JOIN_REFUSED', message });
    this.#warned = message;
  }

  /** The interface to receive on. A network that the caller hands in has its own interfaces, and one with a name may still be missing. */
  async #interfaceName(onWaiting: (message: string) => void): Promise<string | undefined> {
    const { interface: name, wait } = this.#options;
    const { hasOwnInterfaces, signal } = this.#world;
    if (hasOwnInterfaces || (name !== undefined && wait)) return name;
    return (await awaitInterface(name, { wait, signal, onWaiting })).name;
  }
}

/** A watch that has something done when it is closed. */
class RememberingWatch extends Watch {
  elsewhere: Elsewhere | undefined;
  onClose: () => Promise<void> = async () => undefined;

  /** As `AgentWatch.isExpecting`. */
  get isExpecting(): boolean {
    return this.elsewhere?.isExpecting ?? false;
  }

  override async close(): Promise<void> {
    await super.close();
    await this.onClose();
  }
}
