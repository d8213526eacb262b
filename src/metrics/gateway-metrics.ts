import type { ClientCounts, ClientProtocol } from '../gateway/client-counts.js';
import type { Metric, Sample } from './metric.js';

/** What a gateway's clients ask and get. */
export interface GatewayFigures {
  readonly clients: Readonly<Record<ClientProtocol, ClientCounts>>;
  /** Requests that wait for bytes that are not received yet. */
  readonly waitingCount: number;
}

const PROTOCOLS: readonly ClientProtocol[] = ['http', 'coap'];

/**
 * The clients of a gateway, as metrics. Labels have few values whatever clients send: two protocols, four classes of answers.
 *
 * @param figures those of this moment; undefined before there are any
 */
export function gatewayMetrics(figures: () => GatewayFigures | undefined): readonly Metric[] {
  const byProtocol = (samplesOf: (counts: ClientCounts, protocol: ClientProtocol) => readonly Sample[]) => () => {
    const clients = figures()?.clients;
    return clients === undefined ? [] : PROTOCOLS.flatMap((protocol) => samplesOf(clients[protocol], protocol));
  };
  return [
    {
      name: 'layercast_gateway_requests_total',
      kind: 'counter',
      help: 'Requests that were answered, by protocol and class of the answer; each block of CoAP is a request.',
      labels: ['protocol', 'class'],
      samples: byProtocol(({ answers }, protocol) =>
        Object.entries(answers).map(([name, value]) => ({ labels: { protocol, class: name }, value })),
      ),
    },
    {
      name: 'layercast_gateway_sent_bytes_total',
      kind: 'counter',
      help: 'Bytes of the bodies of answers.',
      labels: ['protocol'],
      samples: byProtocol(({ bodyBytes: value }, protocol) => [{ labels: { protocol }, value }]),
    },
    {
      name: 'layercast_gateway_refused_clients_total',
      kind: 'counter',
      help: 'Connections by HTTP and requests by CoAP that were refused because of a bound.',
      labels: ['protocol'],
      samples: byProtocol(({ refusedCount: value }, protocol) => [{ labels: { protocol }, value }]),
    },
    {
      name: 'layercast_gateway_waiting_requests',
      kind: 'gauge',
      help: 'Requests that wait for bytes that have not been received yet.',
      labels: [],
      samples() {
        const value = figures()?.waitingCount;
        return value === undefined ? [] : [{ labels: {}, value }];
      },
    },
  ];
}
