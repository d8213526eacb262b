import { lstat, rename } from 'node:fs/promises';
import { errnoOf, LayercastError } from '../../base/errors.js';
import { systemError } from '../../base/system-error.js';
import { syncDirectoryOf } from '../../store/durable.js';
import { type Exchange, findExchange } from './exchange.js';
import type { OwnedFolders } from './owned-folders.js';
import { removeFolder } from './remove-folder.js';

/** The names of a folder that is replaced as a whole; all three are in one folder. */
export interface FolderNames {
  readonly folder: string;
  /** The folder that is being made. */
  readonly next: string;
  /** The former folder, for a moment. */
  readonly former: string;
}

export function namesOf(folder: string): FolderNames {
  return { folder, next: `${folder}.part.new`, former: `${folder}.part.old` };
}

/**
 * Gives the folder `next` its name, and removes the former folder. After a cut at any moment, the folder is all of the former or all of the next,
 * as soon as `recoverFolder` has run: with an exchange the name always leads to one of them; without, a cut between two renames leaves
 * no folder of that name until then.
 *
 * @throws {LayercastError} `FILE_IO`, `PERMISSION_DENIED`, …; the folder is the former then
 */
export async function swapFolders(names: FolderNames, exchange: Exchange | undefined = findExchange()): Promise<void> {
  const { folder, next, former } = names;
  let left = next;
  try {
    if (!exchanged(exchange, next, folder)) {
      await renameTwice(names);
      left = former;
    }
  } catch (error) {
    throw systemError(error, 'rename the finished folder to', folder);
  }
  await syncDirectoryOf(folder);
  // What cannot be removed now, the next run removes.
  await removeFolder(left).catch(() => undefined);
}

/**
 * Puts things right after a cut, and removes what it left.
 *
 * @param owned knows which folders fetches have made: all others stay
 * @throws {LayercastError} `USAGE` for a folder of another owner that has one of the names; `PERMISSION_DENIED`, …
 */
export async function recoverFolder(
  { folder, next, former }: FolderNames,
  owned: Pick<OwnedFolders, 'has'>,
): Promise<void> {
  for (const name of [next, former]) await requireOwn(name, owned);
  try {
    await rename(former, folder);
    await syncDirectoryOf(folder);
  } catch (error) {
    // No cut was between the two renames: there is no former folder, or the folder has its name.
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(errnoOf(error) ?? '')) throw systemError(error, 'rename', former);
    await removeFolder(former);
  }
  await removeFolder(next);
}

async function requireOwn(name: string, owned: Pick<OwnedFolders, 'has'>): Promise<void> {
  const isThere = await lstat(name).then(
    () => true,
    (error) => {
      if (errnoOf(error) === 'ENOENT') return false;
      throw systemError(error, 'look at', name);
    },
  );
  if (!isThere || (await owned.has(name))) return;
  throw new LayercastError(
    'USAGE',
    `${JSON.stringify(name)} is in the way: a fetch uses that name, and none has made it`,
    {
      hint: 'Move it away, or name another folder',
    },
  );
}

/** False where this system, the file system, or the lack of a former folder leaves it to two renames. */
function exchanged(exchange: Exchange | undefined, next: string, folder: string): boolean {
  if (exchange === undefined) return false;
  try {
    exchange(next, folder);
    return true;
  } catch (error) {
    if (['ENOENT', 'EINVAL', 'ENOSYS', 'EPERM', 'EOPNOTSUPP'].includes(errnoOf(error) ?? '')) return false;
    throw error;
  }
}

async function renameTwice({ folder, next, former }: FolderNames): Promise<void> {
  const hadFolder = await rename(folder, former).then(
    () => true,
    (error) => {
      if (errnoOf(error) === 'ENOENT') return false;
      throw error;
    },
  );
  try {
    await rename(next, folder);
  } catch (error) {
    if (hadFolder) await rename(former, folder).catch(() => undefined);
    throw error;
  }
}
