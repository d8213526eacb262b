import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

/**
 * What uses a block device or one of its partitions, for messages: `mounted at "/boot"`. This names what it finds; whether a device is free,
 * the system itself decides when the device is opened.
 *
 * @param name of the device in `/sys/class/block`
 * @param root where `/proc` and `/sys` are
 */
export async function usesOf(name: string, root: string): Promise<readonly string[]> {
  const names = [name, ...(await partitionsOf(name, root))];
  const numbers = await Promise.all(
    names.map(async (one) => (await textOf(root, `sys/class/block/${one}/dev`)).trim()),
  );
  const holders = await Promise.all(
    names.map((one) => readdir(join(root, 'sys/class/block', one, 'holders')).catch(() => [])),
  );
  return [
    ...mountsOf(await textOf(root, 'proc/self/mountinfo'), names, numbers).map(
      (place) => `mounted at ${JSON.stringify(place)}`,
    ),
    ...swapsOf(await textOf(root, 'proc/swaps'), names).map((one) => `swap space (${one})`),
    ...holders.flat().map((holder) => `a part of ${holder}`),
  ];
}

async function partitionsOf(name: string, root: string): Promise<readonly string[]> {
  const entries = await readdir(join(root, 'sys/class/block', name)).catch(() => []);
  // A partition's folder lies in that of its disk, and begins with the disk's name.
  return entries.filter((entry) => entry !== name && entry.startsWith(name));
}

/** Mount points from mountinfo (proc(5)): by device number, and by source where a file system has a number of its own (btrfs). */
function mountsOf(mountinfo: string, names: readonly string[], numbers: readonly string[]): readonly string[] {
  return mountinfo.split('\n').flatMap((line) => {
    const [mount = '', rest = ''] = line.split(' - ');
    const [, , number = '', , place = ''] = mount.split(' ');
    const source = rest.split(' ')[1] ?? '';
    const isOurs = numbers.includes(number) || (source.startsWith('/dev/') && names.includes(basename(source)));
    return isOurs && number !== '' ? [place] : [];
  });
}

function swapsOf(swaps: string, names: readonly string[]): readonly string[] {
  const paths = swaps
    .split('\n')
    .slice(1)
    .map((line) => line.split(/\s/)[0] ?? '');
  return paths.filter((path) => path.startsWith('/dev/') && names.includes(basename(path)));
}

function textOf(root: string, path: string): Promise<string> {
  return readFile(join(root, path), 'utf8').catch(() => '');
}
