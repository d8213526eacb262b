import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** An empty directory, removed when the tests of the file have ended. */
export async function scratchDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'layercast-store-'));
  afterAll(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
