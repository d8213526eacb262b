import type { AgentStatus } from '../agent/agent-plan.js';
import { isPattern, patternTest } from '../agent/object-pattern.js';
import type { Clock } from '../base/ports.js';
import type { BrokerConnection, Connect, IncomingMessage } from './broker-connection.js';
import { BrokerLink } from './broker-link.js';
import { CommandGate, type DeviceCommand } from './commands.js';
import type { DevicePlan } from './device-plan.js';
import { type DeviceState, deviceReports } from './device-reports.js';
import { Releases } from './releases.js';
import { Reports } from './reports.js';
import { FleetTopics } from './topics.js';

/** Changes that follow each other faster than this share one report. */
const GAP_US = 1e6;
/** A wake waits this long for the broker, and after the subscription this long for what the broker has kept. */
const BROKER_US = 10e6;
const RETAINED_US = 1e6;
/** A device that goes to sleep tries for this long to send the reports that the broker does not have yet, and one that stops for `STOP_US`. */
const LAST_WORDS_US = 60e6;
const STOP_US = 3e6;
/** Different warnings that are told: a hostile broker can cause any number. */
const MAX_WARNINGS = 50;

export interface DeviceWorld {
  readonly clock: Clock;
  /** From 0 to 1, without 1. */
  readonly random: () => number;
  readonly connect: Connect;
  readonly status: () => AgentStatus | undefined;
  /** The status for programs, as in the status file. */
  readonly document: () => object;
  readonly obey: (command: Exclude<DeviceCommand, 'report'>) => void;
  readonly warn: (message: string) => void;
}

/**
 * A device at an MQTT broker: hears releases and commands, and tells its state. It is connected while the agent is awake, and while there is
 * something to tell.
 */
export class DeviceLink {
  readonly #plan: DevicePlan;
  readonly #world: DeviceWorld;
  readonly #topics: FleetTopics;
  readonly #fits: readonly ((object: string) => boolean)[];
  readonly #link: BrokerLink;
  readonly #reports: Reports;
  readonly #releases: Releases;
  readonly #gate: CommandGate;
  readonly #warned = new Set<string>();
  #isAwake = false;
  #isStopping = false;
  #wokeUs = 0;
  #sleptUs = 0;
  #openedUs = 0;
  #toldUs = Number.NEGATIVE_INFINITY;
  #cancelTell: (() => void) | undefined;
  #cancelGiveUp: () => void = () => undefined;
  #onTold: () => void = () => undefined;

  constructor(plan: DevicePlan, world: DeviceWorld) {
    this.#plan = plan;
    this.#world = world;
    const { clock, random, connect } = world;
    this.#topics = new FleetTopics(plan.prefix, plan.fleet);
    this.#fits = plan.objects.map(patternTest);
    this.#releases = new Releases(plan.jitterUs, world);
    this.#gate = new CommandGate(plan.commands);
    this.#reports = new Reports(
      () => this.#afterReports(),
      (topic, reason) => this.#warn(`the broker does not take what is published to ${topic}: ${reason}`),
    );
    const lost: DeviceState = 'lost';
    this.#link = new BrokerLink(
      {
        clientId: `layercast-${plan.fleet}-${plan.deviceId}`,
        sessionS: plan.sessionS,
        will: { topic: this.#topics.device(plan.deviceId, 'state'), payload: lost, delayS: plan.lostAfterS },
      },
      {
        clock,
        random,
        connect,
        onOpen: (connection) => this.#open(connection),
        onMessage: (message) => this.#hear(message),
        onTrouble: (reason) => this.#warn(`no connection to the broker: ${reason}; trying again`),
      },
    );
  }

  /** Whether releases may still come that a wake should wait for. */
  get isExpecting(): boolean {
    if (this.#releases.areWaiting) return true;
    const nowUs = this.#world.clock.nowUs();
    if (this.#link.connection === undefined) return nowUs < this.#wokeUs + BROKER_US;
    return nowUs < this.#openedUs + RETAINED_US;
  }

  /** A wake has begun. @param take judges records, until `sleep` */
  wake(take: (record: Uint8Array) => void): void {
    this.#wokeUs = this.#world.clock.nowUs();
    this.#isAwake = true;
    this.#releases.attach(take);
    this.change();
    this.#link.want(true);
  }

  /** The wake is over. */
  sleep(): void {
    this.#isAwake = false;
    this.#releases.detach();
    this.change();
  }

  /** Takes note that the status has changed. */
  change(): void {
    if (this.#isStopping) return;
    const { clock } = this.#world;
    this.#cancelTell ??= clock.schedule(Math.max(clock.nowUs(), this.#toldUs + GAP_US), () => {
      this.#cancelTell = undefined;
      this.#tell(this.#isAwake ? 'online' : 'asleep');
    });
  }

  /** Tells that the device stops, for a few seconds at most, and closes. */
  async close(): Promise<void> {
    const { clock } = this.#world;
    this.#isStopping = true;
    this.#releases.detach();
    this.#cancelTell?.();
    this.#cancelGiveUp();
    if (this.#link.connection !== undefined || this.#hasSaidFarewell) {
      await new Promise<void>((resolve) => {
        const cancel = clock.schedule(clock.nowUs() + STOP_US, resolve);
        this.#onTold = () => {
          cancel();
          resolve();
        };
        this.#tell('stopped');
        this.#link.want(true);
      });
    }
    await this.#link.close();
  }

  /** Whether the connection ended because all had been told: the broker was there, so it can be told that the device stops. */
  get #hasSaidFarewell(): boolean {
    return this.#toldUs > Number.NEGATIVE_INFINITY && this.#reports.areSent;
  }

  #tell(state: DeviceState): void {
    const status = this.#world.status();
    if (status === undefined) return;
    const { clock } = this.#world;
    this.#toldUs = clock.nowUs();
    this.#reports.set(deviceReports(this.#plan, { state, status, document: this.#world.document() }));
    if (this.#isAwake || this.#isStopping) return;
    this.#cancelGiveUp();
    this.#sleptUs = clock.nowUs();
    this.#cancelGiveUp = clock.schedule(this.#sleptUs + LAST_WORDS_US, () => {
      if (!this.#isAwake) this.#link.want(false);
    });
    if (this.#reports.areSent) this.#afterReports();
    else this.#link.want(true);
  }

  #afterReports(): void {
    this.#onTold();
    if (!this.#isAwake && !this.#isStopping && this.#cancelTell === undefined) this.#link.want(false);
  }

  async #open(connection: BrokerConnection): Promise<void> {
    const { commands, deviceId, objects } = this.#plan;
    const releases = objects.some(isPattern)
      ? [this.#topics.anyRelease]
      : objects.map((name) => this.#topics.release(name));
    const command = commands.length === 0 ? [] : [this.#topics.device(deviceId, 'command')];
    await connection.subscribe([...releases, this.#topics.anyProof, ...command]);
    this.#openedUs = this.#world.clock.nowUs();
    this.#reports.attach(connection);
  }

  #hear(message: IncomingMessage): void {
    const { topic, payload } = message;
    const meaning = this.#topics.meaningOf(topic, this.#plan.deviceId);
    if (meaning === undefined) return;
    if (meaning.kind === 'command') this.#hearCommand(message);
    else if (meaning.kind === 'proof' || this.#fits.some((fits) => fits(meaning.object))) {
      const fault = this.#releases.hear(topic, payload, meaning.kind === 'proof');
      if (fault !== undefined) this.#warn(`the broker sent ${fault}, which was not read`);
    }
  }

  #hearCommand(message: IncomingMessage): void {
    const judged = this.#gate.judge(message, this.#world.clock.nowUs());
    if ('refusal' in judged) {
      this.#warn(`not obeyed: ${judged.refusal}`);
      return;
    }
    if (judged.command !== 'report') this.#world.obey(judged.command);
    this.change();
  }

  #warn(message: string): void {
    if (this.#isStopping || this.#warned.has(message) || this.#warned.size >= MAX_WARNINGS) return;
    this.#warned.add(message);
    this.#world.warn(message);
  }
}
