import { LayercastError } from '../../base/errors.js';
import { readYaml } from '../../config/yaml-source.js';
import type { ConfigWarning } from '../../fleet/warnings.js';

/** A warning in the form that `--json` prints. */
export interface WarningRecord {
  readonly code: string;
  /** Path of the setting: names and indexes joined by dots, as in faults. */
  readonly path: string;
  readonly message: string;
}

export function recordsOf(warnings: readonly ConfigWarning[]): readonly WarningRecord[] {
  return warnings.map(({ code, path, message }) => ({ code, path: path.join('.'), message }));
}

/** Writes a line for each warning to stderr, with its line and column, as compilers do. */
export function showWarnings(warnings: readonly ConfigWarning[], text: string, file: string): void {
  const source = readYaml(text);
  const faults = warnings.map(({ path, message }) => source.faultAt(path, message));
  for (const fault of faults.toSorted((a, b) => a.line - b.line || a.column - b.column)) {
    const setting = fault.path === '' ? '' : `${fault.path}: `;
    process.stderr.write(`${file}:${fault.line}:${fault.column}: warning: ${setting}${fault.text}\n`);
  }
}

/** @throws {LayercastError} `CONFIG_INVALID` when there are warnings and `--strict` was given. */
export function refuseWarnings(warnings: readonly ConfigWarning[], strict: boolean | undefined): void {
  if (!strict || warnings.length === 0) return;
  const count = warnings.length === 1 ? 'a warning' : `${warnings.length} warnings`;
  throw new LayercastError('CONFIG_INVALID', `${count}, and --strict was given`, {
    hint: 'Correct what the warnings say, or leave --strict out',
  });
}
