import { LayercastError } from '../base/errors.js';
import { excerptOf } from './excerpt.js';

/** One thing wrong with a file, and where. Lines and columns count from 1. */
export interface Fault {
  readonly line: number;
  readonly column: number;
  /** Names and indexes from the top, joined by dots; empty for the file as a whole. */
  readonly path: string;
  /** What is wrong, what was found, what is allowed. */
  readonly text: string;
}

/** `CONFIG_INVALID` for a file with one or more faults; the message has a line for each. */
export class ConfigError extends LayercastError {
  readonly faults: readonly Fault[];
  readonly path: string;
  /** The text of the whole file. */
  readonly text: string;
  /** For each fault its line of the file with a caret under its column; empty where there is no such line. */
  readonly excerpts: readonly (readonly string[])[];

  /** @param text the file's text */
  constructor(filePath: string, faults: readonly Fault[], text: string) {
    const sorted = faults.toSorted((a, b) => a.line - b.line || a.column - b.column);
    super('CONFIG_INVALID', sorted.map((fault) => lineOf(filePath, fault)).join('\n'));
    this.faults = sorted;
    this.path = filePath;
    this.text = text;
    this.excerpts = sorted.map((fault) => excerptOf(text, fault));
  }
}

function lineOf(filePath: string, { line, column, path, text }: Fault): string {
  return `${filePath}:${line}:${column}: ${path === '' ? '' : `${path}: `}${text}`;
}

/** A value as a fault shows it: JSON, cut if it is longer than 60 characters, so that a pasted file does not fill the screen. */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object') return 'a mapping';
  if (typeof value === 'function') return 'a function';
  if (isWithheld(value)) return value.description ?? '';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** A value that faults show as `what`, and nothing else of it. No file has such a value, and no schema takes it. */
export function withheld(what: string): symbol {
  return Symbol(what);
}

export function isWithheld(value: unknown): value is symbol {
  return typeof value === 'symbol';
}
