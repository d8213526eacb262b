import { constants } from 'node:fs';
import { open, readFile, realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { errnoOf, type Hint, LayercastError } from '../../base/errors.js';
import { systemError } from '../../base/system-error.js';
import { usesOf } from './device-uses.js';

/** Sectors in sysfs have 512 bytes, whatever the device has. */
const SECTOR_BYTES = 512;

/** A block device that nobody uses. */
export interface BlockDevice {
  /** Absolute, with symbolic links followed. */
  readonly path: string;
  readonly sizeBytes: number;
}

/**
 * Finds a block device (Linux) and checks that it can be overwritten: it is not mounted, no swap, held by no other device, and no process has
 * claimed it.
 *
 * @param root where `/proc` and `/sys` are; for tests
 * @throws {LayercastError} `USAGE` for what is no block device, `FILE_IN_USE`, `FILE_NOT_FOUND`, `PERMISSION_DENIED`
 */
export async function findDevice(path: string, root = '/'): Promise<BlockDevice> {
  const found = await stat(path).catch((error) => {
    throw systemError(error, 'look at', path);
  });
  if (!found.isBlockDevice()) throw refused(`${JSON.stringify(path)} is not a block device`);
  const numbers = numbersOf(found.rdev);
  const folder = await realpath(join(root, 'sys/dev/block', numbers)).catch((error) => {
    throw systemError(error, 'look at', `/sys/dev/block/${numbers}`);
  });
  const sectorCount = Number(await readFile(join(folder, 'size'), 'utf8'));
  const uses = await usesOf(basename(folder), root);
  if (uses.length > 0) throw inUse(path, `it is ${uses.join(', ')}`);
  await claim(path);
  return { path: await realpath(path), sizeBytes: sectorCount * SECTOR_BYTES };
}

/** With O_EXCL the system refuses a device that a mount, another device or another process has claimed. */
async function claim(path: string): Promise<void> {
  try {
    const handle = await open(path, constants.O_RDWR | constants.O_EXCL);
    await handle.close();
  } catch (error) {
    throw errnoOf(error) === 'EBUSY' ? inUse(path, 'the system is using it') : systemError(error, 'write', path);
  }
}

/** Major and minor number as sysfs writes them, from a device number of Linux. */
function numbersOf(rdev: number): string {
  const number = BigInt(rdev);
  const major = ((number >> 8n) & 0xfffn) | ((number >> 32n) & 0xfffff000n);
  const minor = (number & 0xffn) | ((number >> 12n) & 0xffffff00n);
  return `${major}:${minor}`;
}

function inUse(path: string, why: string): LayercastError {
  return new LayercastError('FILE_IN_USE', `${JSON.stringify(path)} cannot be overwritten: ${why}`, {
    hint: 'Unmount it first, or name another device',
  });
}

function refused(message: string): LayercastError {
  const hint: Hint = (say) => `Name a block device such as /dev/disk/by-partlabel/slot-b with ${say('output')}`;
  return new LayercastError('USAGE', message, { hint });
}
