/** How a client asks a gateway. */
export type ClientProtocol = 'http' | 'coap';

/** What an answer says, by the first digit of its code: `2xx` stands for 200 of HTTP and 2.05 of CoAP. */
export type AnswerClass = '2xx' | '3xx' | '4xx' | '5xx';

/** What became of the clients of one protocol, since the gateway runs. */
export interface ClientCounts {
  /** Requests that were answered, by the class of the answer. By CoAP, each block is a request. */
  readonly answers: Readonly<Record<AnswerClass, number>>;
  /** Bytes of the bodies of answers that were handed to the network. */
  readonly bodyBytes: number;
  /** Connections by HTTP, or requests by CoAP, that were refused because of a bound. */
  readonly refusedCount: number;
}

/** Counts the clients of one protocol. */
export class ClientTally implements ClientCounts {
  readonly answers: Record<AnswerClass, number> = { '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0 };
  bodyBytes = 0;
  refusedCount = 0;

  /** @param status a status of HTTP, such as 206 */
  answeredHttp(status: number): void {
    this.answers[`${Math.floor(status / 100)}xx` as AnswerClass]++;
  }

  /** @param code a code of CoAP, whose upper three bits are the class (RFC 7252, section 3) */
  answeredCoap(code: number, payloadBytes: number): void {
    this.answers[`${code >> 5}xx` as AnswerClass]++;
    this.bodyBytes += payloadBytes;
  }
}
