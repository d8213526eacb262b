import { CapacityTrace } from '../simulate/index.js';

/** A day, after which a trace begins again at the latest. */
const MAX_MS = 24 * 3_600_000;

/**
 * Reads a trace of capacity: one line for each time at which 1500 bytes can leave, in whole ms from the beginning, in order. Empty
 * lines and lines that begin with # are skipped.
 *
 * @returns the trace, or what is wrong with the text.
 */
export function parseTrace(text: string): CapacityTrace | string {
  const timesMs: number[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const word = line.trim();
    if (word === '' || word.startsWith('#')) continue;
    const ms = /^\d{1,9}$/.test(word) ? Number(word) : Number.NaN;
    const found = `line ${index + 1}: found ${JSON.stringify(word.slice(0, 40))}`;
    if (!(ms <= MAX_MS)) return `${found}, allowed: a whole number of ms up to ${MAX_MS}`;
    if (ms < (timesMs.at(-1) ?? 0)) return `${found} after ${timesMs.at(-1)}, allowed: times in order`;
    timesMs.push(ms);
  }
  if ((timesMs.at(-1) ?? 0) === 0) return 'found no time above 0, allowed: one line for each time in ms';
  return new CapacityTrace(Uint32Array.from(timesMs));
}
