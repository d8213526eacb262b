import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AT_ONCE } from '../at-once.js';
import type { Client, Method, Scene } from '../method.js';
import { SERVERS } from '../topology.js';

/**
 * Levels, as shares of the link: each is a third more than the one below (10^⅛), so that both a link and a tenth of it have a level just below them.
 * That leaves 2 % for announcements, and for the clocks of hosts and links, which differ.
 */
export const LEVELS = Array.from({ length: 11 }, (_, index) => 0.98 * 10 ** ((index - 10) / 8));
/** The largest symbol of a packet of 1500 bytes: 40 are of IPv6, 8 of UDP, 48 of layercast. */
const SYMBOL_BYTES = 1404;
const PACKET_BITS = (SYMBOL_BYTES + 96) * 8;
/** A lowest channel of fewer datagrams a second has no trains (docs/wire-format.md), and then receivers do not learn the link's rate. */
const TRAIN_DATAGRAMS = 32;
/** Between two announcements of one server; of several, so that together they take no more of a link. */
const ANNOUNCE_MS = 250;
const WITHIN = { timeoutMs: 600_000 };

const clientProgram = fileURLToPath(new URL('../client.mjs', import.meta.url));
const commandLine = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));

/**
 * layercast with a code.
 *
 * @param serverCount each sends its share of every level; levels too low for the trains of each are left out
 * @param levels shares of the link
 */
export function layercast(serverCount: number, levels: readonly number[] = LEVELS): Method {
  return {
    needs: {},
    async serve(scene) {
      const { bed, folder } = scene;
      const names = SERVERS.slice(0, serverCount);
      await bed.host('alpha').layercast(['keygen', '--out', folder]).exited;
      const config = join(folder, 'fleet.yaml');
      await writeFile(config, fleetOf(scene, names, levels));
      const servers = names.map((name) => {
        const serving = [
          'serve',
          '--config',
          config,
          '--host',
          name,
          '--state',
          join(folder, `state-${name}`),
          '--json',
        ];
        return bed.host(name).spawn(process.execPath, [commandLine, ...serving], { through: AT_ONCE });
      });
      await Promise.all(servers.map((server) => server.waitForEvent('publish', WITHIN)));
      return { servers, ready: (client, output) => waiting(scene, client, output) };
    },
  };
}

/** One channel of nearly the link's rate, and none for slower links. */
export function layercastOneRate(): Method {
  return layercast(1, LEVELS.slice(-1));
}

async function waiting({ bed, folder }: Scene, client: string, output: string): Promise<Client> {
  const options = {
    ...{ fleet: 'experiment', object: 'file', output, stateDir: join(folder, `state-${client}`) },
    key: join(folder, 'layercast.pub'),
  };
  const receiver = bed.host(client).spawn(process.execPath, [clientProgram, JSON.stringify(options)]);
  await receiver.waitForEvent('ready', WITHIN);
  return {
    log: () => receiver.stdout,
    async fetch() {
      receiver.kill('SIGUSR2');
      const end = await receiver.waitForEvent(({ event }) => event === 'complete' || event === 'failed', WITHIN);
      if (end.event === 'failed') throw new Error(`${end.code}: ${end.message}`);
    },
  };
}

/** The fleet file: each server sends its share of every level, and all of them together as many announcements as one. */
export function fleetOf(
  { file, linkBitsPerSecond }: Pick<Scene, 'file' | 'linkBitsPerSecond'>,
  servers: readonly string[],
  levels: readonly number[],
): string {
  const least = (TRAIN_DATAGRAMS * PACKET_BITS * servers.length) / linkBitsPerSecond;
  const measured = levels.filter((level, index) => level >= least || index === levels.length - 1);
  const rates = measured.map((level, index) => level - (measured[index - 1] ?? 0));
  const rate = (share: number) => `{ rate: ${Math.round((share * linkBitsPerSecond) / servers.length / 1000)}kbit }`;
  return [
    'fleet: experiment',
    'key: layercast.key',
    `announceInterval: ${ANNOUNCE_MS * servers.length}ms`,
    `symbolBytes: ${SYMBOL_BYTES}`,
    'objects:',
    '  file:',
    `    file: ${file}`,
    '    version: 1',
    `    channels: [${rates.map(rate).join(', ')}]`,
    'servers:',
    ...servers.map((name) => `  ${name}: {}`),
    '',
  ].join('\n');
}
