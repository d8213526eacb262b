import { resolve as resolvePath } from 'node:path';
import { LayercastError } from '../base/errors.js';
import type { Fault } from '../config/faults.js';
import type { Path, YamlSource } from '../config/yaml-source.js';
import type { Scope } from '../wire/group-options.js';
import type { FleetFile } from './fleet-schema.js';

/** A fleet file while it is resolved: what it says, where its paths start, and what turns out to be wrong with it. */
export class Resolving {
  readonly file: FleetFile;
  readonly source: YamlSource;
  /** Hop limit of channels and servers that name none. */
  readonly hopLimit: number;
  readonly #folder: string;
  readonly #faults: Fault[] = [];

  constructor(file: FleetFile, source: YamlSource, folder: string) {
    this.file = file;
    this.source = source;
    this.hopLimit = file.hopLimit ?? defaultHopLimit(file.scope);
    this.#folder = folder;
  }

  get faults(): readonly Fault[] {
    return this.#faults;
  }

  /** A path of the file as an absolute one. */
  place(path: string): string {
    return resolvePath(this.#folder, path);
  }

  /** The same of a path that the file may lack. */
  placeIfAny(path: string | null | undefined): string | undefined {
    return path == null ? undefined : this.place(path);
  }

  addFaults(faults: readonly Fault[]): void {
    this.#faults.push(...faults);
  }

  /** What `parse` makes of a text. If `parse` refuses it, adds a fault at its path and returns the text itself. */
  attempt(parse: (text: string) => string, text: string, path: Path): string {
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof LayercastError)) throw error;
      const { message, hint } = error;
      this.#faults.push(this.source.faultAt(path, `not usable, ${message}, allowed: ${hint ?? ''}`));
      return text;
    }
  }
}

/**
 * A path in which variables of the environment replace `${NAME}`. A variable that is not set stays as it is written, so that the
 * error for the missing file shows its name.
 */
export function withVariables(path: string | null | undefined): string | undefined {
  return path?.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (written, name: string) => process.env[name] || written);
}

/**
 * Hop limit of a fleet that names none. In the scopes interface and link it is what the scope means: 0 and 1. In others it is 64, the
 * usual hop limit of unicast (RFC 1700): routers keep scoped groups inside their boundaries, and the hop limit only stops packets
 * that loop.
 */
function defaultHopLimit(scope: Scope): number {
  return scope === 'interface' ? 0 : scope === 'link' ? 1 : 64;
}
