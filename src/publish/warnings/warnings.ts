import { warningsOf } from '../../fleet/warnings.js';
import type { SenderWarningEvent } from '../events.js';
import { keyExposure } from '../records/key-file.js';
import type { Station } from '../station.js';
import { interfaceWarnings } from './interface-warnings.js';

/** Emits each warning once until `forget`, because its cause may last for as long as the server runs. */
export class Warnings {
  readonly #emit: (event: SenderWarningEvent) => void;
  /** Messages since `forget`: at most one for each object and kind of warning. */
  readonly #told = new Set<string>();

  constructor(emit: (event: SenderWarningEvent) => void) {
    this.#emit = emit;
  }

  tell({ code, message, hint }: SenderWarningEvent): void {
    if (this.#told.has(message)) return;
    this.#told.add(message);
    this.#emit({ code, message, hint });
  }

  /** Call it when the fleet file was read again: warnings that still hold are then emitted again. */
  forget(): void {
    this.#told.clear();
  }
}

/** Settings of this server that are allowed and probably a mistake. */
export async function warningsOfStation(station: Station): Promise<readonly SenderWarningEvent[]> {
  const { fleet, server } = station;
  const { keyPath } = fleet;
  const here = { ...server, interface: station.interface };
  const exposure = keyPath === undefined ? undefined : await keyExposure(keyPath);
  return [
    ...warningsOf(fleet),
    ...(await interfaceWarnings(fleet, here)),
    ...(exposure === undefined ? [] : [{ code: 'KEY_EXPOSED' as const, message: exposure }]),
  ].map(({ code, message }) => ({ code, message, hint: undefined }));
}
