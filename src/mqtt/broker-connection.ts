import { plainText } from '../base/plain-text.js';

/** What a connection to an MQTT broker is made with. */
export interface ConnectRequest {
  /** The level of the protocol: 5, or 4 (MQTT 3.1.1) for brokers that do not know 5. */
  readonly protocol: 4 | 5;
  readonly clientId: string;
  /** How long the broker keeps subscriptions and what it has for this client after the connection has ended; 0: not at all. */
  readonly sessionS: number;
  /** What the broker tells others when the connection ends without a farewell; undefined: nothing. */
  readonly will: Will | undefined;
  /** Ends the attempt to connect. @default nothing but its time */
  readonly signal?: AbortSignal | undefined;
  readonly onMessage: (message: IncomingMessage) => void;
  /** Called once, when an open connection has ended, whoever ended it. */
  readonly onClosed: (reason: string) => void;
}

export interface Will extends Pick<OutgoingMessage, 'topic' | 'payload'> {
  /** How long a client may be away before its will is told. Brokers of protocol 4 tell it at once. */
  readonly delayS: number;
}

export interface OutgoingMessage {
  readonly topic: string;
  readonly payload: string | Uint8Array;
  readonly isRetained: boolean;
  /** The broker forgets the message after this time; undefined: never. Brokers of protocol 4 never do. */
  readonly expiresS?: number | undefined;
}

export interface IncomingMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** Whether the broker had kept the message, so that it may be old. */
  readonly isRetained: boolean;
}

/** An open connection to a broker. */
export interface BrokerConnection {
  /** Resolves when the broker has acknowledged the message. @throws {BrokerFault}; `MessageRefused` */
  publish(message: OutgoingMessage): Promise<void>;
  /** Resolves when the broker has acknowledged the subscriptions. @throws {BrokerFault} */
  subscribe(topics: readonly string[]): Promise<void>;
  /** Says farewell, so that the will is not told, and closes. Never rejects. */
  end(): Promise<void>;
}

/** Opens a connection. @throws {BrokerFault} */
export type Connect = (request: ConnectRequest) => Promise<BrokerConnection>;

/** Why a broker could not be used. The message may hold what the broker said. */
export class BrokerFault extends Error {
  /** Whether the broker may not know the protocol that was used. */
  readonly isOfProtocol: boolean;

  constructor(message: string, isOfProtocol = false) {
    super(plainText(message));
    this.isOfProtocol = isOfProtocol;
  }
}

/** The broker does not take a message, and goes on: this host may not publish there, or not so much. */
export class MessageRefused extends BrokerFault {}

/** The protocol to try after a fault: the other one, whichever it was, if the broker may not know it. A broker may have been replaced. */
export function protocolAfter(protocol: 4 | 5, fault: unknown): 4 | 5 {
  if (!(fault instanceof BrokerFault && fault.isOfProtocol)) return protocol;
  return protocol === 5 ? 4 : 5;
}
