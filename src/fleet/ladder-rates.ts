import { MAX_CHANNELS } from '../base/limits.js';
import { formatQuantity, RATE } from '../base/units.js';
import type { Fault } from '../config/faults.js';
import type { Path, YamlSource } from '../config/yaml-source.js';
import { layersOf, thirdsLevels } from '../rate/ladder/ladder.js';
import type { LadderMode } from './fleet.js';

/** Rates of a generated ladder's channels: those of the levels (mode best), or of the steps between levels, which add up (several). */
export function ladderRates(
  { from, to }: { readonly from: number; readonly to: number },
  mode: LadderMode,
  source: YamlSource,
  path: Path,
): { readonly rates: readonly number[]; readonly faults: readonly Fault[] } {
  const levels = thirdsLevels(from, to);
  const faults: Fault[] = [];
  const found = `found ${formatQuantity(RATE, from)} to ${formatQuantity(RATE, to)}`;
  if (levels.length === 0) {
    faults.push(source.faultAt([...path, 'to'], `"to" is below "from", ${found}, allowed: no less than "from"`));
  }
  if (levels.length > MAX_CHANNELS) {
    const top = `"to" of at most ${formatQuantity(RATE, levels[MAX_CHANNELS - 1]!)}`;
    const text = `too many channels, ${found}, which makes ${levels.length}`;
    faults.push(source.faultAt(path, `${text}, allowed: ${MAX_CHANNELS} (${top}, or a higher "from")`));
  }
  return { rates: mode === 'best' ? levels : layersOf(levels), faults };
}
