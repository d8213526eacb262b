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

describe('what sockets had no room for', () => {
  it('is the last field of a socket’s line, and other lines are none', () => {
    expect(parseSockets([HEADER, line(GROUP, '77', 5), '', 'nonsense', line('XYZ', '1', 1)].join('\n'))).toEqual([
      { address: GROUP, port: 4242, inode: '77', droppedCount: 5 },
    ]);
  });

  it('counts from the first look on, multicast sockets of this process alone', () => {
    let text = '';
    const drops = new SocketDrops(
      () => text,
      (inode) => inode !== '99',
    );
    text = [HEADER, line(GROUP, '77', 5), line(UNICAST, '78', 5), line(GROUP, '99', 5)].join('\n');
    expect(drops.total()).toBe(0);
    text = [HEADER, line(GROUP, '77', 9), line(UNICAST, '78', 50), line(GROUP, '99', 50)].join('\n');
    expect(drops.total()).toBe(4);
    // A socket that is closed takes nothing back, and one that has its inode later begins anew.
    text = HEADER;
    expect(drops.total()).toBe(4);
    text = [HEADER, line(GROUP, '77', 2)].join('\n');
    expect(drops.total()).toBe(4);
    text = [HEADER, line(GROUP, '77', 3)].join('\n');
    expect(drops.total()).toBe(5);
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
