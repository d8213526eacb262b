import { link, mkdir, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { LabProcess } from '../../../test/lab/process.js';
import { until } from '../../../test/lab/until.js';
import { AT_ONCE_AS_TREE } from '../at-once.js';
import type { Client, Method, Scene } from '../method.js';

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
      const { bed, file } = scene;
      const alpha = bed.host('alpha');
      const rate = Math.round((rateOf(scene) * RATE_SHARE) / 1000);
      const to = `-I ${alpha.address} -M ${GROUPS.public} -P ${GROUPS.private} -t ${HOP_LIMIT}`;
      const loop = `while true; do uftp -R ${rate} ${to} "$0"; sleep 0.1; done`;
      return {
        servers: [alpha.spawn('sh', ['-c', loop, file], { through: AT_ONCE_AS_TREE })],
        ready: async (client, output) => clientOf(scene, client, output),
      };
    },
  };
}

/** The file counts from when the client says that it is complete; UFTP moves it to its place when all clients have it. */
function clientOf({ bed, folder, file }: Scene, client: string, output: string): Client {
  const [whole, partial] = [join(folder, `uftp-${client}`), join(folder, `uftp-${client}-part`)];
  let receiver: LabProcess | undefined;
  return {
    log: () => receiver?.stderr ?? '',
    async fetch() {
      await Promise.all([whole, partial].map((path) => mkdir(path)));
      const host = bed.host(client);
      const places = ['-D', whole, '-T', partial];
      const process = host.spawn('uftpd', ['-d', ...places, '-I', host.address, '-M', GROUPS.public]);
      receiver = process;
      let hasEnded = false;
      const note = () => {
        hasEnded = true;
      };
      void process.exited.then(note, note);
      const said = async (what: string) => {
        const isOver = async () => hasEnded || process.stderr.includes(what);
        await until(`${client} says: ${what}`, isOver, FOREVER_MS);
      };
      await said('File transfer complete');
      // Another transfer may have begun and ended without this client: the line names the one that it has whole.
      const group = /\[(\w+)\/\S+\]: File transfer complete/.exec(process.stderr)?.[1];
      const here = await readdir(partial);
      const isMoved = !here.includes(`_group_${group}`);
      await link(join(isMoved ? whole : join(partial, `_group_${group}`), basename(file)), output);
      // Until the server knows it, the client is needed; afterwards it would take part in the next transfer.
      void said('Group file transfer confirmed').then(
        () => process.kill(),
        () => undefined,
      );
    },
  };
}
