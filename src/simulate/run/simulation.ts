import { addressFromBytes } from '../../wire/address.js';
import type { Descriptor } from '../../wire/descriptor.js';
import { SimulatedServer } from '../host/server.js';
import type { Link } from '../net/link.js';
import { VirtualNetwork } from '../net/network.js';
import { blankContent } from '../object/content.js';
import { type SimulatedObject, simulatedKeys, simulatedObject } from '../object/object.js';
import { addCrossTraffic, type CrossTraffic } from '../tcp/cross-traffic.js';
import { Crowd } from './crowd.js';
import { FullReceiver } from './full-receiver.js';
import { CrowdSampler, LinkSampler, TrafficSampler } from './samplers.js';
import type { Scenario, ScenarioServer } from './scenario.js';
import type { SimulationEvent, SummaryEvent } from './simulation-events.js';
import { receiverSummaries } from './summary.js';

/** Timers count milliseconds, as Node's do. */
const TIMER_GRAIN_US = 1000;
/** Prefix of the receivers' addresses, which are of no importance. */
const RECEIVER_PREFIX = 'fd00:1::';

export interface SimulationOptions {
  /** Takes every event as it happens. @default none */
  readonly onEvent?: (event: SimulationEvent) => void;
  readonly signal?: AbortSignal;
}

/** Runs a scenario to its end, or until all receivers are done. Rejects with the signal's reason if the signal aborts. */
export async function simulate(scenario: Scenario, options: SimulationOptions = {}): Promise<SummaryEvent> {
  return new Simulation(scenario, options).run();
}

class Simulation {
  readonly #scenario: Scenario;
  readonly #options: SimulationOptions;
  readonly #network: VirtualNetwork;
  readonly #links = new Map<string, { readonly below: string | undefined; readonly down: Link }>();
  readonly #linkSamplers: readonly LinkSampler[];
  readonly #traffic: readonly { readonly flow: CrossTraffic; readonly sampler: TrafficSampler }[];
  readonly #fullReceivers: readonly FullReceiver[];
  readonly #crowds: readonly CrowdSampler[];
  #failure: { readonly error: unknown } | undefined;

  constructor(scenario: Scenario, options: SimulationOptions) {
    this.#scenario = scenario;
    this.#options = options;
    this.#network = new VirtualNetwork(scenario.seed);
    const { clock, prng } = this.#network;
    this.#linkSamplers = scenario.links.map((plan) => this.#addLink(plan));
    const keys = simulatedKeys(prng.fork('keys'));
    const { sizeBytes } = scenario.object;
    const content = blankContent(
      sizeBytes,
      scenario.receivers.every(({ kind }) => kind === 'crowd'),
    );
    const object = simulatedObject({ ...scenario.object, servers: scenario.servers, content }, keys.privateKey);
    for (const [index, server] of scenario.servers.entries()) this.#addServer(server, index, object);
    this.#traffic = scenario.traffic.map((plan) => {
      const flow = addCrossTraffic(this.#network, plan);
      return { flow, sampler: new TrafficSampler(flow, plan, scenario.durationUs) };
    });
    const common = {
      descriptor: object.descriptor,
      content,
      publicKey: keys.publicKey,
      timerGrainUs: TIMER_GRAIN_US,
      sampleIntervalUs: scenario.sampleIntervalUs,
    };
    this.#fullReceivers = scenario.receivers.flatMap((plan, index) => {
      if (plan.kind !== 'full') return [];
      const address = `${RECEIVER_PREFIX}${(index + 1).toString(16)}`;
      const path = this.#pathTo(plan.below);
      return [new FullReceiver({ ...common, plan, address, path, emit: (event) => this.#emit(event) }, this.#network)];
    });
    const { announceIntervalUs } = scenario.object;
    this.#crowds = scenario.receivers.flatMap((plan) => {
      if (plan.kind !== 'crowd') return [];
      const { descriptor } = object;
      const crowd: Crowd = new Crowd(
        {
          plan,
          descriptor,
          announceIntervalUs,
          path: this.#pathTo(plan.below),
          onComplete: (member, nowUs) => {
            for (const event of sampler.completion(member, nowUs)) this.#emit(event);
          },
        },
        this.#network,
      );
      const sampler = new CrowdSampler(crowd, descriptor);
      return [sampler];
    });
    clock.at(0, () => {
      this.#emit(descriptionOf(object.descriptor));
      this.#sampleLater();
    });
  }

  async run(): Promise<SummaryEvent> {
    const { signal } = this.#options;
    const { clock, log } = this.#network;
    const { durationUs, seed } = this.#scenario;
    signal?.throwIfAborted();
    await clock.run(durationUs, () => this.#isOver || signal?.aborted === true || this.#failure !== undefined);
    signal?.throwIfAborted();
    if (this.#failure !== undefined) throw this.#failure.error;
    this.#sample(true);
    const summary: SummaryEvent = {
      event: 'summary',
      atMs: Math.round(clock.nowUs / 1000),
      seed,
      digest: log.digest(),
      receivers: receiverSummaries(
        this.#scenario.receivers,
        this.#fullReceivers,
        this.#crowds.map(({ crowd }) => crowd),
      ),
      links: this.#linkSamplers.map((sampler) => sampler.summary(clock.nowUs)),
      flows: this.#traffic.map(({ sampler }) => sampler.summary(clock.nowUs)),
    };
    this.#emit(summary);
    return summary;
  }

  get #isOver(): boolean {
    const receiverCount = this.#fullReceivers.length + this.#crowds.length;
    return (
      receiverCount > 0 &&
      this.#fullReceivers.every(({ isOver }) => isOver) &&
      this.#crowds.every(({ crowd }) => crowd.isOver)
    );
  }

  #addLink({ changes, ...plan }: Scenario['links'][number]): LinkSampler {
    const { down } = this.#network.addLink(plan);
    this.#links.set(plan.name, { below: plan.below, down });
    for (const { atUs, down: change } of changes) this.#network.clock.quietlyAt(atUs, () => down.change(change));
    return new LinkSampler(plan.name, down);
  }

  /** Downward links between the root and a node. */
  #pathTo(below: string | undefined): readonly Link[] {
    const path: Link[] = [];
    for (let at = this.#links.get(below ?? ''); at !== undefined; at = this.#links.get(at.below ?? ''))
      path.push(at.down);
    return path;
  }

  #addServer(plan: ScenarioServer, serverIndex: number, object: SimulatedObject): void {
    const { clock, prng } = this.#network;
    const { name, below, up, address, clockErrorUs, driftPpm } = plan;
    const live = (untilUs: number | undefined, life: number) => {
      const host = this.#network.addHost({
        name,
        below,
        up,
        address,
        wallErrorUs: clockErrorUs,
        driftPpm,
        timerGrainUs: TIMER_GRAIN_US,
        isBlank: true,
      });
      const { announceIntervalUs, channels } = this.#scenario.object;
      const burstsUs = channels.map(({ burstUs }) => burstUs);
      const random = prng.fork(life === 1 ? `server ${name}` : `server ${name} ${life}`);
      const server = new SimulatedServer({ host, serverIndex, prng: random, announceIntervalUs, burstsUs });
      server.publish(object).catch((error: unknown) => {
        this.#failure ??= { error };
      });
      if (untilUs !== undefined) clock.at(untilUs, () => host.die());
    };
    for (const [index, { fromUs, untilUs }] of livesOf(plan).entries())
      clock.at(fromUs, () => live(untilUs, index + 1));
  }

  #sampleLater(): void {
    const { clock } = this.#network;
    const { sampleIntervalUs } = this.#scenario;
    clock.quietlyAt(clock.nowUs + sampleIntervalUs, () => {
      this.#sample(false);
      this.#sampleLater();
    });
  }

  /** @param isLast whether this is the rest after the last whole interval, which is counted but makes no events. */
  #sample(isLast: boolean): void {
    const { nowUs } = this.#network.clock;
    const tell = (event: SimulationEvent | undefined) => {
      if (event !== undefined && !isLast) this.#emit(event);
    };
    for (const receiver of this.#fullReceivers) tell(receiver.sample(nowUs));
    // The samples of a crowd are for events only, and ask every member.
    if (this.#options.onEvent !== undefined && !isLast) for (const crowd of this.#crowds) tell(crowd.sample(nowUs));
    for (const link of this.#linkSamplers) tell(link.sample(nowUs));
    for (const { sampler } of this.#traffic) tell(sampler.sample(nowUs));
  }

  #emit(event: SimulationEvent): void {
    this.#options.onEvent?.(event);
  }
}

/** The times in which a server has power. */
function livesOf({ startUs, stopUs, deaths = [] }: ScenarioServer) {
  const lives: { readonly fromUs: number; readonly untilUs: number | undefined }[] = [];
  let fromUs: number | undefined = startUs;
  for (const { atUs, riseUs } of deaths.toSorted((a, b) => a.atUs - b.atUs)) {
    if (fromUs === undefined || atUs <= fromUs || atUs >= (stopUs ?? Number.POSITIVE_INFINITY)) continue;
    lives.push({ fromUs, untilUs: atUs });
    fromUs = riseUs;
  }
  if (fromUs !== undefined && fromUs < (stopUs ?? Number.POSITIVE_INFINITY)) lives.push({ fromUs, untilUs: stopUs });
  return lives;
}

function descriptionOf(descriptor: Descriptor): SimulationEvent {
  const { fleet, object, version, sizeBytes, symbolBytes, blockCount, mode, channels, servers } = descriptor;
  return {
    event: 'descriptor',
    atMs: 0,
    fleet,
    object,
    version,
    bytes: sizeBytes,
    symbolBytes,
    blockCount,
    mode,
    channels: channels.map(({ group, intervalUs }, channel) => ({
      channel,
      group: addressFromBytes(group),
      intervalUs,
    })),
    servers: servers.map(({ name }) => name),
  };
}
