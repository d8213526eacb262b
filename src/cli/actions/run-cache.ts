import { LayercastError } from '../../base/errors.js';
import { formatQuantity, SIZE } from '../../base/units.js';
import { serversIn } from '../../publish/server-lock.js';
import { defaultStateDir } from '../../store/state-dir.js';
import { STATE_PARTS } from '../../store/state-parts.js';
import { type PartUsage, removeRemade, usageOf } from '../../store/state-usage.js';
import { CACHE_OPTIONS, CLEAN_OPTIONS } from '../command-options.js';
import { table } from '../display/table.js';
import { type Flags, settle } from '../settings.js';

/** `layercast cache show`: what the state directory holds. */
export async function runShow(flags: Flags): Promise<void> {
  const { stateDir = defaultStateDir() } = settle(CACHE_OPTIONS, flags, process.env);
  print(
    flags,
    stateDir,
    'parts',
    (await usageOf(stateDir)).filter(({ fileCount }) => fileCount > 0),
  );
}

/**
 * `layercast cache clean`: removes what is made again.
 *
 * @throws {LayercastError} `FILE_IN_USE` while a server uses the directory
 */
export async function runClean(flags: Flags): Promise<void> {
  const { stateDir = defaultStateDir(), unusedForMs } = settle(CLEAN_OPTIONS, flags, process.env);
  const users = await serversIn(stateDir);
  if (users.length > 0) {
    throw new LayercastError('FILE_IN_USE', `${users.join(', ')} serves from ${stateDir}`, {
      hint: 'Stop the server first, then run the command again',
    });
  }
  const usedBeforeMs = unusedForMs === undefined ? Number.POSITIVE_INFINITY : Date.now() - unusedForMs;
  print(flags, stateDir, 'removed', await removeRemade(stateDir, usedBeforeMs));
}

function print(flags: Flags, stateDir: string, what: 'parts' | 'removed', usages: readonly PartUsage[]): void {
  const parts = usages.map(({ part, ...usage }) => ({ part, ...usage, isRemade: STATE_PARTS[part].isRemade }));
  if (flags.json === true) {
    process.stdout.write(`${JSON.stringify({ stateDir, [what]: parts })}\n`);
    return;
  }
  const present = parts.filter(({ fileCount }) => fileCount > 0);
  const rows = present.map(({ part, fileCount, bytes, isRemade }) => [
    isRemade ? `${part} *` : part,
    `${fileCount}`,
    formatQuantity(SIZE, bytes),
    STATE_PARTS[part].what,
  ]);
  const lines = rows.length === 0 ? ['  nothing'] : table([['', 'files', 'room', ''], ...rows], [1, 2]);
  if (present.some(({ isRemade }) => isRemade)) lines.push('  * made again when needed');
  process.stdout.write(`${stateDir}${what === 'removed' ? ', removed' : ''}\n${lines.join('\n')}\n`);
}
