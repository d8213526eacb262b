import { warningsOf } from '../../fleet/warnings.js';
import { rawPublicKey } from '../../wire/public-key.js';
import type { SenderWarningEvent } from '../events.js';
import { keyExposure } from '../records/key-file.js';
import type { Station } from '../station.js';
import { interfaceWarnings } from './interface-warnings.js';
import { rootWarnings } from './root-warnings.js';

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
    ...(await rootWarnings(station)),
    ...(exposure === undefined ? [] : [{ code: 'KEY_EXPOSED' as const, message: exposure }]),
    ...serverKeyWarnings(station),
  ].map(({ code, message }) => ({ code, message, hint: undefined }));
}

/** A warning if receivers cannot know what this server sent, and so hold out less against forgers. */
function serverKeyWarnings({ key, server, serverKey }: Station) {
  const own = serverKey === undefined ? undefined : Buffer.from(rawPublicKey(serverKey)).toString('base64');
  const { name, publicKey } = server;
  const needed = `add it to servers.${name} where records are signed: serverKey: ${own}`;
  const message =
    own === undefined
      ? `server ${name} has no key of its own, because its state directory cannot be used; its datagrams are not signed`
      : publicKey !== undefined && publicKey !== own
        ? `serverKey of server ${name} is not the key of this host; its datagrams are not signed; ${needed}`
        : key === undefined && publicKey === undefined
          ? `the fleet file names no serverKey for server ${name}; its datagrams are not signed; ${needed}`
          : undefined;
  return message === undefined ? [] : [{ code: 'SERVER_KEY' as const, message }];
}
