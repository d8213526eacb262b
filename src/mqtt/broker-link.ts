import { type BackOffTimes, doubledUs } from '../base/back-off.js';
import type { Clock } from '../base/ports.js';
import {
  type BrokerConnection,
  BrokerFault,
  type Connect,
  type ConnectRequest,
  protocolAfter,
} from './broker-connection.js';

/** Waits before a broker is asked again. */
const BACK_OFF: BackOffTimes = { firstUs: 2e6, mostUs: 300e6 };
/** A wait is at least this share of what it could be: a million devices that lost their broker together come back spread over the wait. */
const LEAST_SHARE = 0.2;
/** A broker that has not accepted the connection and acknowledged the subscriptions by then is left: the first alone may take half of it. */
const OPEN_US = 30e6;
/** A connection that lasts this long has worked. One that ends sooner, as when two devices have one name, counts as a failure. */
const WORKED_US = 60e6;

export interface LinkWorld {
  readonly clock: Clock;
  /** From 0 to 1, without 1. */
  readonly random: () => number;
  readonly connect: Connect;
  /** Called with each new connection. @throws {BrokerFault} when it is of no use; it is closed then */
  readonly onOpen: (connection: BrokerConnection) => Promise<void>;
  readonly onMessage: ConnectRequest['onMessage'];
  /** Called with the reason why there is no connection. */
  readonly onTrouble: (reason: string) => void;
}

/** Keeps a connection to a broker while it is wanted: connects again after ever longer waits, and with MQTT 4 where 5 is not known. */
export class BrokerLink {
  readonly #request: Pick<ConnectRequest, 'clientId' | 'sessionS' | 'will'>;
  readonly #world: LinkWorld;
  #isWanted = false;
  #protocol: 4 | 5 = 5;
  #failureCount = 0;
  #connection: BrokerConnection | undefined;
  /** The attempt or the farewell under way. */
  #work: Promise<void> | undefined;
  #cancelRetry: (() => void) | undefined;
  /** Ends the attempt under way. */
  #giveUp: () => void = () => undefined;

  constructor(request: Pick<ConnectRequest, 'clientId' | 'sessionS' | 'will'>, world: LinkWorld) {
    this.#request = request;
    this.#world = world;
  }

  /** Undefined while there is none. */
  get connection(): BrokerConnection | undefined {
    return this.#connection;
  }

  /** The level of the protocol that is spoken, or tried next. */
  get protocol(): 4 | 5 {
    return this.#protocol;
  }

  /** Says whether a connection is wanted from now on. One that is not wanted any more is ended with a farewell. */
  want(isWanted: boolean): void {
    this.#isWanted = isWanted;
    if (!isWanted) {
      this.#cancelRetry?.();
      this.#cancelRetry = undefined;
      this.#failureCount = 0;
      this.#giveUp();
    }
    this.#look();
  }

  /** Ends the connection, and resolves when nothing is under way any more. */
  async close(): Promise<void> {
    this.want(false);
    while (this.#work !== undefined) await this.#work;
  }

  #look(): void {
    if (this.#work !== undefined || this.#cancelRetry !== undefined) return;
    if (this.#isWanted === (this.#connection !== undefined)) return;
    const work = this.#isWanted ? this.#open() : this.#farewell(this.#connection!);
    this.#work = work.finally(() => {
      this.#work = undefined;
      this.#look();
    });
  }

  async #farewell(connection: BrokerConnection): Promise<void> {
    this.#connection = undefined;
    await connection.end();
  }

  async #open(): Promise<void> {
    const { clock, connect, onOpen, onMessage } = this.#world;
    const protocol = this.#protocol;
    let openedUs: number | undefined;
    let closedFor: string | undefined;
    let connection: BrokerConnection | undefined;
    let isLate = false;
    const leaving = new AbortController();
    this.#giveUp = () => {
      leaving.abort();
      void connection?.end();
    };
    const cancelTimer = clock.schedule(clock.nowUs() + OPEN_US, () => {
      isLate = true;
      this.#giveUp();
    });
    const onClosed = (reason: string) => {
      closedFor = reason;
      if (this.#connection !== connection || connection === undefined) return;
      this.#connection = undefined;
      if (clock.nowUs() - openedUs! >= WORKED_US) this.#failureCount = 0;
      this.#fail(reason);
    };
    try {
      connection = await connect({ ...this.#request, protocol, signal: leaving.signal, onMessage, onClosed });
      leaving.signal.throwIfAborted();
      openedUs = clock.nowUs();
      await onOpen(connection);
      if (closedFor !== undefined) throw new BrokerFault(closedFor);
      this.#connection = connection;
    } catch (error) {
      await connection?.end();
      this.#protocol = protocolAfter(protocol, error);
      this.#fail(isLate ? 'it does not answer' : error instanceof Error ? error.message : String(error));
    } finally {
      cancelTimer();
      this.#giveUp = () => undefined;
    }
  }

  #fail(reason: string): void {
    const { clock, random, onTrouble } = this.#world;
    if (!this.#isWanted) return;
    onTrouble(reason);
    this.#failureCount++;
    const waitUs = doubledUs(BACK_OFF, this.#failureCount) * (LEAST_SHARE + (1 - LEAST_SHARE) * random());
    this.#cancelRetry = clock.schedule(clock.nowUs() + Math.round(waitUs), () => {
      this.#cancelRetry = undefined;
      this.#look();
    });
  }
}
