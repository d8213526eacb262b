import { statfs } from 'node:fs/promises';

/**
 * Types of file systems that only one kernel can use at a time (statfs(2), f_type): no process of another host can write there, and no other host has to
 * answer. Types that are not listed may be shared.
 */
const LOCAL_FILE_SYSTEMS = new Set([
  0xef53, 0x58465342, 0x9123683e, 0xf2f52010, 0x4d44, 0x2011bab0, 0x01021994, 0x858458f6, 0x794c7630, 0x24051905,
  0x72b6, 0x3434, 0x2fc12fc1, 0xca451a4e,
]);

/** Whether a file or folder is certainly on a disk of this host. */
export async function isOnLocalDisk(path: string): Promise<boolean> {
  const found = await statfs(path).catch(() => undefined);
  return found !== undefined && LOCAL_FILE_SYSTEMS.has(found.type);
}
