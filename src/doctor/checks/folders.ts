import { shellWord } from '../../base/shell-word.js';
import { formatQuantity, SIZE } from '../../base/units.js';
import { failure, type Judgement, note, ok, type warning as Warn, warning } from '../finding.js';
import type { FolderFacts, HostFacts } from '../host-facts.js';

/** The state directory needs room for digests, versions and keys. A receiver writes a few kB there, a server its coded objects. */
const MIN_STATE_BYTES = 10e6;

/** The magic number of FAT (MSDOS_SUPER_MAGIC of statfs(2)). */
const FAT = 0x4d44;

/** The state directory. */
export function state({ state: folder, needs }: HostFacts): readonly Judgement[] {
  const why = needs.sends
    ? 'A server keeps its own key, digests and coded objects there. Without it, it sends no object with a code, and a second server goes unnoticed.'
    : 'A receiver remembers there which version it completed last, so that nobody can make it take an older one. It receives nothing without it.';
  return [
    judged(folder, 'the state directory', why, needs.keepsState ? failure : warning) ??
      (folder.freeBytes !== undefined && folder.freeBytes < MIN_STATE_BYTES
        ? warning(`only ${sizeOf(folder.freeBytes)} are free in ${folder.triedPath}`, why, `df -h ${folder.triedPath}`)
        : ok(`the state directory ${folder.path} can be written`)),
  ];
}

/** The folder of the file that a fetch would write. */
export function output({ output: folder }: HostFacts): readonly Judgement[] {
  if (folder === undefined) return [];
  const why = 'A fetch writes the file and its part file there.';
  if (folder.path !== folder.triedPath && folder.failure === undefined)
    return [
      failure(`the folder of the output ${folder.path} does not exist`, why, `mkdir -p ${shellWord(folder.path)}`),
    ];
  const fault = judged(folder, 'the folder of the output', why, failure);
  if (fault !== undefined) return [fault];
  const free = folder.freeBytes === undefined ? '' : `, ${sizeOf(folder.freeBytes)} are free`;
  if (folder.fileSystem === FAT) {
    return [note(`${folder.path} is on a FAT file system${free}`, 'FAT holds no file of 4 GB or more.')];
  }
  return [ok(`${folder.path} can be written${free}`)];
}

function judged(
  { path, triedPath, failure: errno, freeBytes, userId }: FolderFacts,
  what: string,
  why: string,
  as: typeof Warn,
): Judgement | undefined {
  // Some file systems, such as /proc, tell 0 free bytes and refuse files for another reason.
  if (errno === 'ENOSPC' || (errno === undefined && freeBytes === 0))
    return as(`the disk of ${triedPath} is full`, why, `df -h ${triedPath}`);
  if (errno === undefined) return undefined;
  // A folder above may belong to others, such as /: only the missing one is made for this user.
  const make = path === triedPath ? 'chown' : 'install -d -o';
  const permit = `${make} ${userId ?? 'USER'} ${path}, as root, or name another folder`;
  const remedies: Readonly<Record<string, string>> = {
    EACCES: permit,
    EPERM: permit,
    EROFS: `mount -o remount,rw the file system of ${triedPath}, or name another folder`,
    ENOTDIR: `rm ${shellWord(triedPath)}, which is a file, or name another folder`,
  };
  const remedy = remedies[errno] ?? `ls -ld ${triedPath}, or name another folder`;
  return as(`${what} ${path} cannot be written (${errno})`, why, remedy);
}

function sizeOf(bytes: number): string {
  return formatQuantity(SIZE, bytes);
}
