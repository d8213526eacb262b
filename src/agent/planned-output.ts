import type { OutputTarget } from '../options/output-target.js';
import { filledIn, pathPart } from './placeholders.js';

/** The path of an output; undefined for a command and for standard output. */
export function pathOf(output: OutputTarget): string | undefined {
  if (typeof output === 'string') return output === '-' ? undefined : output;
  if ('pipe' in output) return undefined;
  return 'dir' in output ? output.dir : 'device' in output ? output.device : output.file;
}

/** A path or URL for one object: its name stands for `{object}`. */
export function placeFor(place: string, object: string): string {
  return filledIn(place, { object: pathPart(object) });
}

/** The output for one object: in a path, its name stands for `{object}`. */
export function outputFor(output: OutputTarget, object: string): OutputTarget {
  const fill = (path: string) => placeFor(path, object);
  if (typeof output === 'string') return fill(output);
  if ('pipe' in output) return output;
  if ('dir' in output) return { dir: fill(output.dir) };
  return 'device' in output ? { device: fill(output.device) } : { file: fill(output.file) };
}
