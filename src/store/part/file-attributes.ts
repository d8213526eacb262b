import { type FileHandle, lstat } from 'node:fs/promises';

const SET_USER_ID = 0o4000;
const SET_GROUP_ID = 0o2000;
const GROUP_BITS = 0o070;
const OTHER_BITS = 0o007;

/**
 * Gives a new file the mode, owner and group of the file that it is going to replace, as far as this process may. Nobody gains rights: if
 * the owner cannot be kept, the set-user-ID bit is dropped; if the group cannot be kept, the set-group-ID bit is dropped, and the new group
 * may do no more than everybody could. Nothing happens if there is no ordinary file at `replaced`; a link there is not followed, because it
 * is what the rename replaces.
 */
export async function takeAttributes(handle: FileHandle, replaced: string): Promise<void> {
  const before = await lstat(replaced).catch(() => undefined);
  if (!before?.isFile()) return;
  const { uid, gid } = await handle.stat();
  // The group is changed first: a process that has given a file to another owner may not change its group any more.
  const hasGroup = gid === before.gid || (await succeeds(handle.chown(uid, before.gid)));
  const hasOwner = uid === before.uid || (await succeeds(handle.chown(before.uid, hasGroup ? before.gid : gid)));
  let mode = before.mode & 0o7777;
  if (!hasOwner) mode &= ~SET_USER_ID;
  if (!hasGroup) mode = (mode & ~(SET_GROUP_ID | GROUP_BITS)) | (mode & GROUP_BITS & ((mode & OTHER_BITS) << 3));
  // The mode is changed after the owner, because a change of owner clears the set-ID bits. A file system without modes refuses.
  await succeeds(handle.chmod(mode));
}

async function succeeds(change: Promise<void>): Promise<boolean> {
  return change.then(
    () => true,
    () => false,
  );
}
