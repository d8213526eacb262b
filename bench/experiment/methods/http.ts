import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { until } from '../../../test/lab/until.js';
import { AT_ONCE } from '../at-once.js';
import type { Method } from '../method.js';
import { succeed } from '../succeed.js';

const PORT = 8080;

/** nginx and curl: a TCP connection for each client. One process serves all, so that it ends with its parent. */
export const http: Method = {
  needs: { nginx: 'nginx', curl: 'curl' },
  async serve({ bed, folder, file }) {
    const place = join(folder, 'nginx');
    await mkdir(place);
    const config = join(place, 'nginx.conf');
    await writeFile(config, configOf(place, folder));
    const alpha = bed.host('alpha');
    const server = alpha.spawn('nginx', ['-c', config, '-e', 'stderr'], { through: AT_ONCE });
    await until('nginx listens', async () => (await alpha.run('ss', ['-Hltn', `sport = :${PORT}`])) !== '');
    const url = `http://[${alpha.address}]:${PORT}/${basename(file)}`;
    return {
      servers: [server],
      ready: async (client, output) => ({
        fetch: () => succeed(bed.host(client).spawn('curl', ['--silent', '--show-error', '--fail', '-o', output, url])),
      }),
    };
  },
};

function configOf(place: string, root: string): string {
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
daemon off;
master_process off;
pid ${place}/pid;
events { worker_connections 1024; }
http {
  access_log off;
  sendfile on;
  ${kinds.map((kind) => `${kind}_temp_path ${place}/${kind};`).join('\n  ')}
  server { listen [::]:${PORT}; root ${root}; }
}
`;
}
