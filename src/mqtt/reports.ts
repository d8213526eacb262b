import { type BrokerConnection, MessageRefused, type OutgoingMessage } from './broker-connection.js';

/** Messages that wait for their acknowledgement at once. */
const MAX_UNDER_WAY = 16;

interface Report {
  readonly message: OutgoingMessage;
  /** The broker has answered, though it may have refused the message. */
  isSent: boolean;
  isUnderWay: boolean;
}

/** What a broker is to know: the newest message of each topic. There is no queue, so a broker that is away for long costs nothing. */
export class Reports {
  readonly #onDone: () => void;
  readonly #onRefused: (topic: string, reason: string) => void;
  readonly #reports = new Map<string, Report>();
  #connection: BrokerConnection | undefined;
  #underWayCount = 0;

  /**
   * @param onDone is called when nothing waits any more
   * @param onRefused hears which message the broker does not take; it is not sent again by this connection
   */
  constructor(onDone: () => void, onRefused: (topic: string, reason: string) => void) {
    this.#onDone = onDone;
    this.#onRefused = onRefused;
  }

  /** Whether the broker has answered all. */
  get areSent(): boolean {
    return [...this.#reports.values()].every(({ isSent }) => isSent);
  }

  /** Takes the newest messages. One whose text is as before is not sent again. */
  set(messages: readonly OutgoingMessage[]): void {
    for (const message of messages) {
      const { topic, payload } = message;
      if (this.#reports.get(topic)?.message.payload === payload) continue;
      this.#reports.set(topic, { message, isSent: false, isUnderWay: false });
    }
    this.#pump();
  }

  /** Sends by this connection from now on. The broker may have lost what it had, so all that it keeps is sent again. */
  attach(connection: BrokerConnection): void {
    this.#connection = connection;
    this.#underWayCount = 0;
    for (const report of this.#reports.values()) {
      report.isUnderWay = false;
      if (report.message.isRetained) report.isSent = false;
    }
    this.#pump();
  }

  #pump(): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    for (const report of this.#reports.values()) {
      if (this.#underWayCount >= MAX_UNDER_WAY) return;
      if (!report.isSent && !report.isUnderWay) void this.#send(report, connection);
    }
  }

  async #send(report: Report, connection: BrokerConnection): Promise<void> {
    report.isUnderWay = true;
    this.#underWayCount++;
    try {
      await connection.publish(report.message);
    } catch (error) {
      if (!(error instanceof MessageRefused)) {
        // The connection has ended; the next one sends the report again.
        if (this.#connection === connection) this.#connection = undefined;
        return;
      }
      this.#onRefused(report.message.topic, error.message);
    }
    report.isSent = true;
    if (this.#connection !== connection) return;
    report.isUnderWay = false;
    this.#underWayCount--;
    this.#pump();
    if (this.areSent) this.#onDone();
  }
}
