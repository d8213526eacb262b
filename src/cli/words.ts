import type { Argument, Option } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
/** The names that `config schema` takes. */
export const SCHEMA_KINDS = ['fleet', 'receiver', 'agent', 'gateway', 'manager', 'scenario', 'events'] as const;
/** The roles of `root add` and `root remove`. */
export const ROLE_WORDS = ['release', 'announce', 'root'] as const;

/** An argument or a flag whose value is one of some words, which shells complete. */
export interface Worded {
  readonly words: readonly string[];
}

/** Commander's own choices would have other errors than ours. */
export function withWords<T extends Argument | Option>(one: T, words: readonly string[]): T & Worded {
  return Object.assign(one, { words });
}
