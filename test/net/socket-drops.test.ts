import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { parseSockets, SocketDrops } from '../../dist/net/socket-drops.js';

const HEADER =
  '  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops';
const GROUP = '000005FF00000000000000000100A8C0';
const UNICAST = '000080FE00000000000000000100A8C0';

function line(address: string, inode: string, drops: number): string {
  const zeros = '00000000000000000000000000000000:0000';
  return `  129: ${address}:1092 ${zeros} 07 00000000:00000000 00:00000000 00000000     0        0 ${inode} 2 0000000000000000 ${drops}`;
}

describe('the count of datagrams that sockets dropped', () => {
  it('is the last field of a socket’s line; other lines are skipped', () => {
    expect(parseSockets([HEADER, line(GROUP, '77', 5), '', 'nonsense', line('XYZ', '1', 1)].join('\n'))).toEqual([
      { address: GROUP, port: 4242, inode: '77', droppedCount: 5 },
    ]);
  });

  it('begins at the first call, and includes only multicast sockets of this process', () => {
    let text = '';
    const drops = new SocketDrops(
      () => text,
      () => new Set(['77']),
    );
    text = [HEADER, line(GROUP, '77', 5), line(UNICAST, '78', 5), line(GROUP, '99', 5)].join('\n');
    expect(drops.total()).toBe(0);
    text = [HEADER, line(GROUP, '77', 9), line(UNICAST, '78', 50), line(GROUP, '99', 50)].join('\n');
    expect(drops.total()).toBe(4);
    // A closed socket does not lower the total, and a later socket with its inode begins from its own count.
    text = HEADER;
    expect(drops.total()).toBe(4);
    text = [HEADER, line(GROUP, '77', 2)].join('\n');
    expect(drops.total()).toBe(4);
    text = [HEADER, line(GROUP, '77', 3)].join('\n');
    expect(drops.total()).toBe(5);
  });

  it('reads the descriptors once for any number of new sockets, and never again for known sockets', () => {
    let lines: string[] = [];
    let lookCount = 0;
    const own = new Set<string>();
    const drops = new SocketDrops(
      () => [HEADER, ...lines].join('\n'),
      () => {
        lookCount++;
        return own;
      },
    );
    lines = Array.from({ length: 250 }, (_, i) => line(GROUP, String(1000 + i), 0));
    own.add('1000');
    for (let i = 0; i < 20; i++) drops.total();
    expect(lookCount).toBe(1);
    // A new socket of this process is found among known and new foreign ones, at any line of the file.
    own.add('2000');
    lines = [line(GROUP, '2001', 0), ...lines, line(GROUP, '2000', 3), line(GROUP, '2002', 0)];
    expect(drops.total()).toBe(0);
    lines = lines.map((one) => one.replace(/ 3$/, ' 10'));
    expect(drops.total()).toBe(7);
    expect(lookCount).toBe(2);
    // Foreign sockets that are gone are forgotten. A later socket with such an inode is checked again.
    lines = [];
    drops.total();
    own.add('2001');
    lines = [line(GROUP, '2001', 5)];
    drops.total();
    lines = [line(GROUP, '2001', 6)];
    expect(drops.total()).toBe(8);
    expect(lookCount).toBe(3);
  });

  it.runIf(process.platform === 'linux')('finds the sockets of this process in what the system says', async () => {
    const socket = createSocket('udp6');
    socket.bind({ address: '::1', port: 0 });
    await once(socket, 'listening');
    const { port } = socket.address();
    const { readFileSync } = await import('node:fs');
    expect(parseSockets(readFileSync('/proc/self/net/udp6', 'latin1')).map((one) => one.port)).toContain(port);
    expect(new SocketDrops().total()).toBe(0);
    socket.close();
  });
});
