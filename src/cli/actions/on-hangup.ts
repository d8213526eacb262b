import { Reloads } from '../../publish/reloads.js';

/** Calls `reload`, which never rejects, at each SIGHUP until it is disposed. One call at a time: signals meanwhile are followed by one more. */
export function onHangup(reload: () => Promise<void>): Disposable {
  const reloads = new Reloads(reload);
  const note = (): void => void reloads.request();
  process.on('SIGHUP', note);
  return { [Symbol.dispose]: () => void process.removeListener('SIGHUP', note) };
}
