import { AT_ONCE_AS_TREE } from '../at-once.js';
import type { Method, Scene } from '../method.js';
import { succeed } from '../succeed.js';

/** Share of the link that udpcast is told to send at. Its rate is of data; a packet of 1500 bytes has 44 bytes of headers. */
const RATE_SHARE = 0.95;
const GROUPS = { meeting: '239.1.1.1', data: '239.1.1.2' } as const;
const TTL = '16';

/**
 * udpcast at the rate of the fast links, or of the slowest; over IPv4, because it has no IPv6. Like UFTP, it sends to those who are there when it begins, and begins again when it is done. If all clients start
 * at once, it waits for all of them; otherwise for a second after the first.
 */
export const udpcast = (rateOf: (scene: Scene) => number): Method => ({
  needs: { 'udp-sender': 'udpcast', 'udp-receiver': 'udpcast' },
  async serve(scene) {
    const { bed, cell, file } = scene;
    const common = ['--nokbd', '--interface', 'eth0', '--ttl', TTL, '--mcast-rdv-address', GROUPS.meeting];
    const isTogether = cell.schedule === 'immediate';
    const waiting = isTogether
      ? ['--min-receivers', String(cell.clientCount)]
      : ['--min-receivers', '1', '--min-wait', '1'];
    const rate = ['--max-bitrate', `${Math.round((rateOf(scene) * RATE_SHARE) / 1000)}k`];
    const sending = ['--file', file, '--mcast-data-address', GROUPS.data, '--rexmit-hello-interval', '200'];
    const words = ['udp-sender', ...common, ...sending, ...waiting, ...rate].join(' ');
    const loop = `while true; do ${words}; done`;
    return {
      servers: [bed.host('alpha').spawn('sh', ['-c', loop], { through: AT_ONCE_AS_TREE })],
      ready: async (client, output) => ({
        fetch: () => succeed(bed.host(client).spawn('udp-receiver', ['--file', output, '--no-progress', ...common])),
      }),
    };
  },
});
