import { LayercastError } from '../base/errors.js';
import type { WarningEvent } from '../receiver/events.js';
import { warningFor } from '../receiver/warnings.js';
import type { Finding } from '../receiver/watch/findings.js';

/** Objects whose refused versions are kept: somebody with a removed key can sign any number of names. */
const MAX_OBJECTS = 100;
/** What keeps a version that is newer than the device's from being received. An older version is no loss. */
const KINDS: readonly Finding['kind'][] = ['expired', 'refused', 'incompatible', 'unsupported'];

/** The last version of each object that was announced and may not be received. */
export class RefusedVersions {
  readonly #byObject = new Map<string, LayercastError>();

  /**
   * Notes a finding.
   *
   * @param knownVersion the highest version that was verified here or is announced
   * @returns the warning for an object of which nothing else is known, when it is refused for a new reason
   */
  note(finding: Finding, knownVersion: number): WarningEvent | undefined {
    const { object, version } = finding.descriptor;
    if (finding.kind === 'newest' || finding.kind === 'renewed') this.#byObject.delete(object);
    if (!KINDS.includes(finding.kind) || version <= knownVersion) return undefined;
    const warning = warningFor(finding)!;
    const known = this.#byObject.get(object);
    if (known?.message === messageOf(object, warning) || this.#byObject.size >= MAX_OBJECTS) return undefined;
    this.#byObject.set(object, errorOf(object, warning));
    return warning;
  }

  get errors(): readonly LayercastError[] {
    return [...this.#byObject.values()];
  }
}

function errorOf(object: string, warning: WarningEvent): LayercastError {
  const code = CODES[warning.code] ?? 'RECORD_INVALID';
  return new LayercastError(code, messageOf(object, warning), {
    hint: 'See the fleet’s announcements: layercast list',
  });
}

const CODES: Readonly<Partial<Record<WarningEvent['code'], 'EXPIRED' | 'ROLE_REFUSED' | 'INCOMPATIBLE'>>> = {
  EXPIRED: 'EXPIRED',
  ROLE_REFUSED: 'ROLE_REFUSED',
  INCOMPATIBLE: 'INCOMPATIBLE',
};

function messageOf(object: string, { message }: WarningEvent): string {
  return `${object}: ${message}`;
}
