/**
 * Where a receiver puts an object. A text is a file; `DIR/`, with a slash at its end, is the folder of a tree; `-` is standard output.
 */
export type OutputTarget =
  | string
  | { readonly file: string }
  /** The folder that a tree becomes. */
  | { readonly dir: string }
  /** A block device, which is overwritten in place. */
  | { readonly device: string }
  | PipeTarget;

/** A command that gets the bytes in order on its standard input. No shell reads it. Its exit code decides whether the object is taken. */
export interface PipeTarget {
  /** Program and arguments. */
  readonly pipe: readonly string[];
  /** The command is ended, with all that it started, after this time from its first byte on. @default never */
  readonly timeoutMs?: number | undefined;
}

/** An output, by its kind. */
export type OutputKind =
  | { readonly kind: 'file' | 'dir' | 'device'; readonly path: string }
  | { readonly kind: 'stdout' }
  | ({ readonly kind: 'pipe' } & PipeTarget);

export function outputKindOf(output: OutputTarget): OutputKind {
  if (typeof output === 'string') {
    if (output === '-') return { kind: 'stdout' };
    return { kind: output.endsWith('/') ? 'dir' : 'file', path: output };
  }
  if ('pipe' in output) return { kind: 'pipe', ...output };
  if ('dir' in output) return { kind: 'dir', path: output.dir };
  if ('device' in output) return { kind: 'device', path: output.device };
  return { kind: 'file', path: output.file };
}
