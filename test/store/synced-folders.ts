import { statSync } from 'node:fs';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { onTestFinished, vi } from 'vitest';

/** Until the test ends: the folders whose names were put on disk (fsync), in this order. */
export function syncedFolders(): readonly string[] {
  const synced: string[] = [];
  const { open } = fs;
  vi.spyOn(fs, 'open').mockImplementation(async (path, ...rest) => {
    const handle = await open(path, ...rest);
    const sync = handle.sync.bind(handle);
    return Object.assign(handle, {
      sync: async () => {
        await sync();
        if (statSync(`${path}`).isDirectory()) synced.push(`${path}`);
      },
    });
  });
  syncBuiltinESMExports();
  onTestFinished(() => {
    vi.restoreAllMocks();
    syncBuiltinESMExports();
  });
  return synced;
}
