import { expect, test } from 'vitest';
import { systemClock } from '../../dist/base/system-clock.js';
import { UdpEndpoint } from '../../dist/coap/udp-endpoint.js';

test('an endpoint whose port another program has says so', async () => {
  await using first = await UdpEndpoint.open({ host: '127.0.0.1', port: 0, clock: systemClock });
  const { port } = first.address;
  await expect(UdpEndpoint.open({ host: '127.0.0.1', port, clock: systemClock })).rejects.toMatchObject({
    code: 'NETWORK_UNAVAILABLE',
    message: `cannot use CoAP on 127.0.0.1, port ${port}: another program listens there (EADDRINUSE)`,
  });
});
