import { Resolver } from 'node:dns/promises';
import { availableParallelism } from 'node:os';
import type { EventEmitter } from 'eventemitter3';
import { BUILT_S } from '../base/build-time.js';
import { asLayercastError } from '../base/errors.js';
import type { Clock, Network } from '../base/ports.js';
import { systemClock } from '../base/system-clock.js';
import { type DomainAnswer, DomainServers } from '../net/dns/domain-servers.js';
import { sourcedNetwork } from '../net/dns/sourced-network.js';
import { awaitInterface } from '../net/interfaces/interfaces.js';
import { systemNetworkOn } from '../net/system-network.js';
import type { CheckedReceiverOptions } from '../options/check-receiver-options.js';
import { ReceiverDriver } from '../receiver/driver.js';
import type { CompleteEvent, ReceiverEvents, ReceiverStats, WarningEvent } from '../receiver/events.js';
import type { TrustSource } from '../receiver/watch/fleet-trusts.js';
import { type BlockRestorer, RestoringThreads } from '../retrieve/block-restorer.js';
import { readContentKey } from '../retrieve/decryption.js';
import type { Destination } from '../retrieve/destination.js';
import { openDestination } from '../retrieve/open-destination.js';
import { TrustMemory } from '../retrieve/trust-memory.js';
import { defaultStateDir } from '../store/state-dir.js';
import { anchorFrom } from '../trust/read-anchor.js';
import { announcementName, groupOf } from '../wire/address.js';
import type { Engine } from './engine.js';
import { fillFrom } from './fill-from.js';
import { Start } from './start.js';

/** The options that count once the receiver runs. They can be copied to another thread. */
export type ReceiverEngineOptions = Omit<CheckedReceiverOptions, 'signal' | 'network' | 'clock'>;

export interface ReceiverWorld {
  /** Undefined for the sockets of this host. */
  readonly network: Network | undefined;
  readonly clock: Clock;
  readonly emit: EventEmitter<ReceiverEvents>['emit'];
}

/**
 * All that receives one file, from the opening of its destination to the sockets. It works in whichever thread makes it, which
 * should do nothing else: a thread that is busy for longer than the buffers of sockets last loses datagrams.
 */
export class ReceiverEngine implements Engine<ReceiverStats | undefined, CompleteEvent> {
  readonly #options: ReceiverEngineOptions;
  readonly #world: ReceiverWorld;
  #driver: ReceiverDriver | undefined;

  constructor(options: ReceiverEngineOptions, world: ReceiverWorld) {
    this.#options = options;
    this.#world = world;
  }

  stats(): ReceiverStats | undefined {
    return this.#driver?.stats();
  }

  /** @throws {LayercastError} as `Receiver.done` */
  async run(signal: AbortSignal): Promise<CompleteEvent> {
    const { timeoutMs, fleet, object, output, stateDir, allowRollback, key } = this.#options;
    const beganMs = performance.now();
    const anchor = anchorFrom(key, fleet, 'the option key');
    const contentKey = await readContentKey(this.#options.contentKey);
    using start = new Start(timeoutMs, signal, (message) => this.#world.emit('waiting', { message }));
    await using destination = await start.step((onWaiting) =>
      openDestination({
        output,
        journalDir: stateDir,
        stateDir: stateDir ?? defaultStateDir(),
        fleet,
        object,
        keyFingerprint: anchor.id,
        contentKey,
        signal: start.signal,
        onWaiting,
      }),
    );
    const lowestVersion = allowRollback ? 0 : destination.completedVersion;
    await using restorer = new RestoringThreads(Math.min(2, availableParallelism()));
    const interfaceName = await start.step((onWaiting) => this.#interfaceName(start.signal, onWaiting));
    using domain = this.#domainServers();
    await start.step(
      (onWaiting) => domain?.open(this.#options.patienceMs, start.signal, onWaiting) ?? Promise.resolve(),
    );
    start[Symbol.dispose]();
    const waitedMs = performance.now() - beganMs;
    const memory = new TrustMemory(stateDir ?? defaultStateDir(), fleet, anchor);
    const trust = { ...(await memory.recall()), builtS: this.#world.clock === systemClock ? BUILT_S : 0 };
    const warn = (event: WarningEvent) => this.#world.emit('warning', event);
    const remember = () => memory.rememberOrWarn(this.#driver?.trust, warn);
    const listening = { interfaceName, waitedMs, lowestVersion, trust, domain, onRoot: () => void remember() };
    const driver = this.#newDriver(listening, destination, restorer);
    this.#driver = driver;
    const complete = await driver.run(signal).finally(remember);
    await this.#remember(destination, complete);
    return complete;
  }

  /** The interface to receive on. A network that the caller hands in has its own interfaces. */
  async #interfaceName(signal: AbortSignal, onWaiting: (message: string) => void): Promise<string | undefined> {
    const { interface: name, wait } = this.#options;
    if (this.#world.network !== undefined) return name;
    return (await awaitInterface(name, { wait, signal, onWaiting })).name;
  }

  #domainServers(): DomainServers | undefined {
    const { domain } = this.#options;
    if (domain === undefined) return undefined;
    return new DomainServers(domain, new Resolver(), this.#world.clock, (message) => {
      this.#world.emit('warning', { code: 'DNS', message });
    });
  }

  /** The file is complete. A failure to remember its version is a warning and does not reject `done`. */
  async #remember(destination: Destination, { version, sha256 }: CompleteEvent): Promise<void> {
    try {
      await destination.remember(version, sha256);
    } catch (error) {
      const why = asLayercastError(error).message;
      const message = `version ${version} is complete, but could not be remembered: ${why}; an older one would be accepted`;
      this.#world.emit('warning', { code: 'NOT_REMEMBERED', message });
    }
  }

  #newDriver(
    start: {
      readonly interfaceName: string | undefined;
      readonly waitedMs: number;
      readonly lowestVersion: number;
      readonly trust: TrustSource;
      /** Open; undefined: any server is heard. */
      readonly domain: { readonly answer: DomainAnswer } | undefined;
      readonly onRoot: () => void;
    },
    destination: Destination,
    restorer: BlockRestorer,
  ): ReceiverDriver {
    const { fleet, object, scope, port, hash, mode, channels, maxRateBitsPerSecond, caution } = this.#options;
    const { timeoutMs, patienceMs, allowExpired, compatible = [], wait, seeds } = this.#options;
    const { fill, fillAfterMs, fillRateBitsPerSecond } = this.#options;
    const { clock, emit } = this.#world;
    const { domain } = start;
    const group = groupOf(announcementName(fleet), { scope, hash, ssm: false });
    const whole = this.#world.network ?? systemNetworkOn(clock);
    const network = domain === undefined ? whole : sourcedNetwork(whole, group, () => domain.answer);
    return new ReceiverDriver(
      {
        fleet,
        object,
        trust: start.trust,
        announcement: { group, port: domain?.answer.port ?? port, sources: [], interface: start.interfaceName },
        mode,
        channels,
        maxRateBitsPerSecond,
        caution,
        timeoutUs: timeoutMs === undefined ? undefined : timeoutMs * 1000,
        waitedUs: start.waitedMs * 1000,
        patienceUs: patienceMs * 1000,
        lowestVersion: start.lowestVersion,
        acceptExpired: allowExpired,
        compatible,
        waits: wait,
        outputPath: destination.path,
      },
      {
        clock,
        network,
        openDestination: (descriptor) => destination.open(descriptor, restorer),
        onRoot: start.onRoot,
        emit,
        seeds: seeds && destination.seeds(seeds, restorer),
        fillFor: fillFrom(fill, { afterMs: fillAfterMs, rateBitsPerSecond: fillRateBitsPerSecond }, clock),
      },
    );
  }
}
