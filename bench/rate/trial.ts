import { cumulativeRates } from '../../dist/rate/ladder/ladder.js';
import type { Rules } from '../../dist/rate/rules.js';
import {
  addCrossTraffic,
  blankContent,
  HostClock,
  type Link,
  type LinkOptions,
  type SimulatedObject,
  SimulatedServer,
  simulatedKeys,
  simulatedObject,
} from '../../dist/simulate/index.js';
import type { Prng } from '../../dist/simulate/random/prng.js';
import type { Step } from '../rate-real/levels.js';
import { DeparturesTap } from './links/departures.js';
import { type Filter, Listener, type ListenerOptions } from './listener.js';
import { type Recording, SAMPLE_MS, type Sample } from './recording.js';
import { SeveralPaths } from './several-paths.js';

/** A link that is too narrow. */
export interface Bottleneck extends Pick<LinkOptions, 'loss' | 'jitterUs' | 'discipline'> {
  /** Of a trace, its mean. */
  readonly rateBitsPerSecond: number;
  /** Length of the queue as the time that it takes to leave; at least eight packets. */
  readonly queueMs: number;
  readonly leaveLatencyMs: number;
}

/** A trial. Seconds count from when the first receiver may start. */
export interface Trial {
  readonly seed: string;
  readonly seconds: number;
  /** Rates of channels. */
  readonly channels: readonly number[];
  /** @default several */
  readonly mode?: 'several' | 'best';
  readonly ssm?: boolean;
  /** The highest rate that each receiver may join. @default no limit */
  readonly maxRateBitsPerSecond?: number;
  /** Trains show up to this share too much capacity, as on real hosts, each by another amount. @default 0 */
  readonly trainErrorRatio?: number;
  /** @default 1 */
  readonly serverCount?: number;
  /** One that everything passes, or one for each server. */
  readonly bottlenecks: readonly Bottleneck[];
  /** Of the first bottleneck. */
  readonly changes?: readonly { readonly atS: number; readonly rateBitsPerSecond?: number; readonly loss?: number }[];
  readonly receivers?: readonly {
    readonly fromS?: number;
    readonly untilS?: number;
    readonly driftPpm?: number | undefined;
  }[];
  readonly traffic?: readonly {
    readonly kind: 'reno' | 'cubic' | 'udp';
    readonly fromS: number;
    readonly rateBitsPerSecond?: number;
  }[];
  /** What of what comes to the links is recorded. @default nothing */
  readonly recorded?: { readonly seconds: number; readonly channelCount: number };
}

/** A packet of ours: 1184 bytes of symbol and what is around it. */
export const PACKET_BYTES = 1280;
const SYMBOL_BYTES = 1184;
const MIN_QUEUE_PACKETS = 8;
/** One way; TCP's acknowledgements take 10 ms more. */
const DELAY_US = 5000;
const GRAFT_US = 10_000;
/** No receiver completes the object, so any size will do. */
const OBJECT_BYTES = 4e6;
/** Receivers start at a random moment of the eight slots after which the highest permission comes round again. */
const PHASE_US = 4e6;
/** Servers whose clocks are set differ by a few milliseconds. */
const CLOCK_ERROR_US = 3000;

/** Runs a trial in virtual time. The same trial always gives the same result. */
export async function playTrial(trial: Trial, rules: Rules): Promise<Recording> {
  return await new Stage(trial, rules).play();
}

class Stage {
  readonly #trial: Trial;
  readonly #rules: Rules;
  readonly #network: SeveralPaths;
  readonly #object: SimulatedObject;
  readonly #beginUs: number;
  readonly #links: readonly Link[];
  readonly #samples: Sample[] = [];
  readonly #steps: Step[][] = [];
  readonly #decisions: string[] = [];
  readonly #departures: DeparturesTap;

  constructor(trial: Trial, rules: Rules) {
    this.#trial = trial;
    this.#rules = rules;
    this.#network = new SeveralPaths(trial.seed);
    const { prng } = this.#network;
    const { channels, mode = 'several', ssm = false, serverCount = 1 } = trial;
    this.#beginUs = Math.round(1e6 + PHASE_US * prng.fork('phase').ratio());
    this.#object = simulatedObject(
      {
        content: blankContent(OBJECT_BYTES, true),
        symbolBytes: SYMBOL_BYTES,
        channels: channels.map((rateBitsPerSecond) => ({ rateBitsPerSecond })),
        servers: range(serverCount).map((index) => ({ name: `server ${index}`, address: addressOf(index) })),
        mode,
        ssm,
      },
      simulatedKeys(prng.fork('keys')).privateKey,
    );
    this.#links = this.#layLinks();
    const { seconds: recordedS, channelCount } = trial.recorded ?? { seconds: 0, channelCount: 0 };
    this.#departures = new DeparturesTap(this.#beginUs, this.#us(recordedS), channelCount);
    if (channelCount > 0) this.#network.nodeOf('root').addTap(this.#departures);
  }

  async play(): Promise<Recording> {
    const { seconds, serverCount = 1, receivers = [{}], traffic = [], changes = [] } = this.#trial;
    const { clock } = this.#network;
    for (const index of range(serverCount)) await this.#serve(index);
    const listeners = receivers.map((_, index) => this.#receive(index));
    const flows = traffic.map(({ fromS, ...flow }, index) =>
      addCrossTraffic(this.#network, {
        ...flow,
        name: `flow ${index}`,
        below: 'bottleneck 0',
        startUs: this.#us(fromS),
      }),
    );
    for (const { atS, rateBitsPerSecond, loss } of changes) {
      const [link, bottleneck] = [this.#links[0]!, this.#trial.bottlenecks[0]!];
      if (loss !== undefined) clock.quietlyAt(this.#us(atS), () => link.change({ loss }));
      if (rateBitsPerSecond === undefined) continue;
      const { queueBytes } = optionsOf({ ...bottleneck, rateBitsPerSecond });
      clock.quietlyAt(this.#us(atS), () => link.change({ rateBitsPerSecond, queueBytes }));
    }
    for (let atMs = 0; atMs <= seconds * 1000; atMs += SAMPLE_MS) {
      await clock.run(this.#us(atMs / 1000));
      for (const link of this.#links) if (link.options.discipline !== undefined) link.catchUp();
      this.#samples.push({
        atMs,
        links: this.#links.map((link) => ({ ...link.counts, queueMs: link.queueUs / 1000 })),
        heardBytes: listeners.map((listener) => listener.heardBytes),
        flowBytes: flows.map(({ arrivedBytes }) => arrivedBytes),
      });
    }
    return { samples: this.#samples, steps: this.#steps, decisions: this.#decisions, departures: this.#departures };
  }

  #us(seconds: number): number {
    return this.#beginUs + seconds * 1e6;
  }

  /** Links for each server hang from a node of its own, from which nothing comes to the others'. */
  #layLinks(): readonly Link[] {
    const { bottlenecks } = this.#trial;
    const links = bottlenecks.map((bottleneck, index) => {
      if (this.#isApart) this.#network.addLink({ name: `site ${index}`, up: { loss: 1 } });
      const { down } = this.#network.addLink({
        name: `bottleneck ${index}`,
        below: this.#isApart ? `site ${index}` : undefined,
        down: optionsOf(bottleneck),
        leaveLatencyUs: bottleneck.leaveLatencyMs * 1000,
        graftDelayUs: GRAFT_US,
      });
      return down;
    });
    const ends = bottlenecks.map((_, index) => `bottleneck ${index}`);
    if (this.#isApart) this.#network.addMeeting('here', ends);
    return links;
  }

  async #serve(index: number): Promise<void> {
    const prng = this.#network.prng.fork(`server ${index}`);
    const host = this.#network.addHost({
      name: `server ${index}`,
      address: addressOf(index),
      below: this.#isApart ? `site ${index}` : undefined,
      originUs: prng.below(1e9),
      wallErrorUs: prng.below(CLOCK_ERROR_US),
      timerGrainUs: 1000,
      isBlank: true,
    });
    await new SimulatedServer({ host, serverIndex: index, prng }).publish(this.#object);
  }

  #receive(index: number): Listener {
    const { channels, receivers } = this.#trial;
    const { fromS = 0, untilS, driftPpm } = receivers?.[index] ?? {};
    const { clock, prng } = this.#network;
    const draw = prng.fork(`receiver ${index}`);
    const steps: Step[] = [];
    this.#steps.push(steps);
    const options: ListenerOptions = {
      descriptor: this.#object.descriptor,
      node: this.#network.nodeOf(this.#isApart ? 'here' : 'bottleneck 0'),
      clock,
      hostClock: new HostClock(clock, { originUs: draw.below(1e9), ...(driftPpm === undefined ? {} : { driftPpm }) }),
      startUs: this.#us(fromS),
      stopUs: untilS === undefined ? undefined : this.#us(untilS),
      rules: this.#rules,
      filter: this.#filter(draw),
      maxRateBitsPerSecond: this.#trial.maxRateBitsPerSecond,
      onDecisions: (rateBitsPerSecond, reason) => {
        const atMs = (clock.nowUs - this.#beginUs) / 1000;
        steps.push({ atMs, rateBitsPerSecond });
        this.#decisions.push(`${(atMs / 1000).toFixed(2)} s, receiver ${index}: ${reason}`);
      },
    };
    return new Listener(options, channels);
  }

  /** What changes a receiver's readings. */
  #filter(draw: Prng): Filter | undefined {
    const { trainErrorRatio = 0 } = this.#trial;
    if (trainErrorRatio === 0) return undefined;
    const errors = draw.fork('trains');
    return (reading) => {
      const factor = 1 + trainErrorRatio * errors.ratio();
      return { ...reading, trainBitsPerSecond: reading.trainBitsPerSecond * factor };
    };
  }

  /** Whether each server has a link of its own. */
  get #isApart(): boolean {
    return this.#trial.bottlenecks.length > 1;
  }
}

/** Levels of a ladder, for one server. */
export function levelsOf(channels: readonly number[], mode: 'several' | 'best' = 'several'): readonly number[] {
  return mode === 'several' ? cumulativeRates(channels) : channels.toSorted((a, b) => a - b);
}

/** What a bottleneck is as a link. */
export function optionsOf({ rateBitsPerSecond, queueMs, loss, jitterUs, discipline }: Bottleneck): LinkOptions {
  const queueBytes = Math.max((rateBitsPerSecond * queueMs) / 8000, MIN_QUEUE_PACKETS * PACKET_BYTES);
  const ownRate = discipline?.kind === 'trace' ? undefined : rateBitsPerSecond;
  return { rateBitsPerSecond: ownRate, queueBytes, delayUs: DELAY_US, loss, jitterUs, discipline };
}

function addressOf(serverIndex: number): string {
  return `fd00::${(serverIndex + 1).toString(16)}`;
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
