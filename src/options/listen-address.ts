import { MAX_PORT } from '../base/limits.js';

/** A number, because not every host resolves the name localhost. */
const LOOPBACK = '127.0.0.1';

/** Host and port of `[HOST:]PORT`; the host is 127.0.0.1 unless given. IPv6 addresses stand in brackets. @returns undefined for what is no address */
export function parseListenAddress(text: string): { readonly host: string; readonly port: number } | undefined {
  const [, bracketed, plain, digits] = /^(?:(?:\[([\da-f:.%\w]+)\]|([^:[\]\s]+)):)?(\d{1,5})$/i.exec(text) ?? [];
  const port = Number(digits ?? Number.NaN);
  return port <= MAX_PORT ? { host: bracketed ?? plain ?? LOOPBACK, port } : undefined;
}
