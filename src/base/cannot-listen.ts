import { errnoOf, type Hint, LayercastError } from './errors.js';

const MEANINGS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there',
  EACCES: 'this user may not use this port',
  EADDRNOTAVAIL: 'this host does not have the address',
  ENOTFOUND: 'the name has no address',
};

/**
 * `NETWORK_UNAVAILABLE`, because the system refuses to listen.
 *
 * @param what is not possible, such as `cannot serve metrics`
 * @param cause from the system
 */
export function cannotListen(what: string, host: string, port: number, cause: unknown, hint: Hint): LayercastError {
  const errno = errnoOf(cause);
  const why = MEANINGS[errno ?? ''] ?? 'the system refuses';
  return new LayercastError('NETWORK_UNAVAILABLE', `${what} on ${host}, port ${port}: ${why} (${errno})`, {
    hint,
    cause,
  });
}
