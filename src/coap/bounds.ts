/** What an endpoint keeps at most for others, and what it sends at most. */
export interface CoapBounds {
  /** Confirmable messages that wait for their turn or their acknowledgement. Each takes at most the 1.3 kB of its datagram. */
  readonly transmissionCount: number;
  /** Requests that are being answered; one more gets 5.03. */
  readonly requestCount: number;
  /** Observers of resources here; one more gets an answer without notifications, and the one that was heard longest ago is asked whether it is still there. */
  readonly observerCount: number;
  /** Observations of resources of others. */
  readonly observationCount: number;
  /** Payloads that are being put together from blocks, each with at most `maxPayloadBytes` of its resource. */
  readonly assemblyCount: number;
  /** Messages that are remembered so that they work once only. A reply of at most 1.3 kB is kept with each; the oldest make room. */
  readonly rememberedCount: number;
  /** Bytes of all answers in a second: with forged addresses nobody can have this endpoint flood a third party. Requests beyond the limit are dropped; their clients repeat them. */
  readonly answerBytesPerSecond: number;
}

/** For a device or a gateway with some hundred clients. */
export const DEFAULT_BOUNDS: CoapBounds = {
  transmissionCount: 1024,
  requestCount: 64,
  observerCount: 256,
  observationCount: 256,
  assemblyCount: 16,
  rememberedCount: 1024,
  answerBytesPerSecond: 12_500_000,
};

/** What happened to messages, since the endpoint exists. */
export interface CoapCounts {
  received: number;
  sent: number;
  /** Datagrams that are no messages of CoAP, or come from port 0. */
  damaged: number;
  /** Messages that came again. */
  duplicate: number;
  retransmitted: number;
  /** Messages that were never acknowledged. */
  unacknowledged: number;
  /** Requests that were dropped for the limit of answers. */
  limited: number;
  /** Requests that were refused because too many were being answered, or too many payloads were being put together. */
  refused: number;
  /** Responses to nothing that was asked. */
  stray: number;
}

export function newCounts(): CoapCounts {
  return {
    received: 0,
    sent: 0,
    damaged: 0,
    duplicate: 0,
    retransmitted: 0,
    unacknowledged: 0,
    limited: 0,
    refused: 0,
    stray: 0,
  };
}
