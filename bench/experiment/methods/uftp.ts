import { existsSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { until } from '../../../test/lab/until.js';
import type { Method, Scene } from '../method.js';

/** Share of a link that UFTP is told to send at: its rate is of its messages, and a packet of 1300 bytes has 72 bytes of headers. */
const RATE_SHARE = 0.92;
const GROUPS = { public: 'ff15::99', private: 'ff15::98' } as const;
const HOP_LIMIT = '16';
/** Longer than any transfer that is not over by itself. */
const FOREVER_MS = 86_400_000;

/**
 * UFTP at the rate of the fast links, or of the slowest. A transfer of UFTP is for those who have registered when it begins. So the server
 * begins again as soon as one is over, and who came too late waits for the next.
 */
export function uftp(rateOf: (scene: Scene) => number): Method {
  return {
    needs: { uftp: 'uftp', uftpd: 'uftp' },
    async serve(scene) {
      const { bed, folder, file } = scene;
      const alpha = bed.host('alpha');
      const rate = Math.round((rateOf(scene) * RATE_SHARE) / 1000);
      const to = `-I ${alpha.address} -M ${GROUPS.public} -P ${GROUPS.private} -t ${HOP_LIMIT}`;
      const loop = `while true; do uftp -R ${rate} ${to} "$0"; sleep 0.1; done`;
      const through = ['unshare', '--pid', '--fork', '--kill-child'];
      const servers = [alpha.spawn('sh', ['-c', loop, file], { through })];
      return {
        servers,
        ready: async (client, output) => ({
          async fetch() {
            const [whole, partial] = [join(folder, `uftp-${client}`), join(folder, `uftp-${client}-part`)];
            await Promise.all([whole, partial].map((path) => mkdir(path)));
            const host = bed.host(client);
            await using _receiver = host.spawn('uftpd', [
              ...['-d', '-D', whole, '-T', partial, '-I', host.address, '-M', GROUPS.public],
            ]);
            const received = join(whole, basename(file));
            await until(`${client} has the file`, async () => existsSync(received), FOREVER_MS);
            await rename(received, output);
          },
        }),
      };
    },
  };
}
