import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from '../../../test/lab/until.js';
import { AT_ONCE_AS_TREE } from '../at-once.js';
import type { Method } from '../method.js';
import { succeed } from '../succeed.js';

const PORT = 2222;

/** rsync over ssh: each client asks the server's sshd for the file, with a key made for this transfer. */
export const rsync: Method = {
  needs: { rsync: 'rsync', sshd: 'openssh-server', ssh: 'openssh-client' },
  async serve({ bed, folder, file }) {
    const place = join(folder, 'ssh');
    await mkdir(place, { mode: 0o700 });
    const alpha = bed.host('alpha');
    for (const name of ['host', 'client']) {
      await alpha.run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(place, name)]);
    }
    await bed.makeFolder('/run/sshd');
    await writeFile(join(place, 'config'), configOf(place));
    const server = alpha.spawn('/usr/sbin/sshd', ['-D', '-e', '-f', join(place, 'config')], {
      through: AT_ONCE_AS_TREE,
    });
    await until(`sshd listens`, async () => (await alpha.run('ss', ['-Hltn', `sport = :${PORT}`])) !== '');
    const options = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'BatchMode=yes', 'LogLevel=ERROR'];
    const ssh = [
      'ssh',
      '-F',
      'none',
      '-p',
      String(PORT),
      '-i',
      join(place, 'client'),
      ...options.map((one) => `-o${one}`),
    ];
    const source = `root@[${alpha.address}]:${file}`;
    return {
      servers: [server],
      ready: async (client, output) => ({
        fetch: () => succeed(bed.host(client).spawn('rsync', ['--whole-file', '-e', ssh.join(' '), source, output])),
      }),
    };
  },
};

function configOf(place: string): string {
  return `
Port ${PORT}
AddressFamily inet6
HostKey ${place}/host
AuthorizedKeysFile ${place}/client.pub
PermitRootLogin prohibit-password
StrictModes no
UsePAM no
UseDNS no
PidFile none
MaxStartups 1000
`;
}
