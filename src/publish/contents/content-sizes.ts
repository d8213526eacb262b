import { stat } from 'node:fs/promises';
import type { Fleet, FleetObject } from '../../fleet/fleet.js';
import { TreeArchive } from '../../tree/archive.js';

/**
 * Sizes of contents without reading them, by `filePath`. A file or folder that is missing or cannot be published is left out, and so is what
 * comes from a pipe: its size is known when it has come.
 */
export async function contentSizes({ objects }: Fleet): Promise<ReadonlyMap<string, number>> {
  const sizes = new Map<string, number>();
  for (const object of objects) {
    const sizeBytes = await sizeOf(object).catch(() => undefined);
    if (sizeBytes !== undefined) sizes.set(object.filePath, sizeBytes);
  }
  return sizes;
}

async function sizeOf({ filePath, content }: FleetObject): Promise<number | undefined> {
  if (content === 'pipe') return undefined;
  return content === 'tree' ? (await TreeArchive.of(filePath)).sizeBytes : (await stat(filePath)).size;
}
