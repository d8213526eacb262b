import { LayercastError } from '../base/errors.js';
import type { FleetObject } from '../fleet/fleet.js';
import type { PreparedObject } from './prepared-object.js';

/** The version of an object that was sent last, also after it has left the air. */
export class SentVersion {
  #version: number | undefined;
  #sha256: string | undefined;

  /** Undefined if the object was not sent yet. */
  get version(): number | undefined {
    return this.#version;
  }

  set(prepared: PreparedObject, version: number): void {
    this.#version = version;
    this.#sha256 = digestOf(prepared);
  }

  /**
   * A version number stands for one content: receivers that have begun a version must not get another content.
   *
   * @throws {LayercastError} `VERSION_REFUSED` if other content was sent under this version
   */
  check(prepared: PreparedObject, { name, version }: FleetObject): void {
    if (this.#version !== version || this.#sha256 === digestOf(prepared)) return;
    throw new LayercastError('VERSION_REFUSED', `${name}: other content was sent as version ${version} before`, {
      hint: 'Raise its version in the fleet file, and reload',
    });
  }
}

function digestOf({ descriptor }: PreparedObject): string {
  return Buffer.from(descriptor.sha256).toString('hex');
}
