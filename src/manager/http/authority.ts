import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { LayercastError } from '../../base/errors.js';
import { isLocalHost } from '../../http/local-host.js';

/** 128 bits, as hexadecimal digits. */
const MIN_TOKEN_CHARS = 32;
const MAX_TOKEN_CHARS = 512;
const MAX_TOKENS = 1_000;

/** What a request says of who sends it. */
export type Sender = Pick<IncomingMessage, 'headers' | 'socket'>;

export interface AuthorityOptions {
  /** Whoever sends one of these tokens may read and change all. */
  readonly tokens: readonly string[];
  /** Clients with a certificate of one of these common names, by the authority that the server trusts, may do so too. */
  readonly names: readonly string[];
}

/**
 * Says who may do what. Programs of this host may read; who has a token, or a certificate with a name of the list, may read and change. A page of the
 * web that a browser of this host shows is not such a program: it names another host, or has no token.
 */
export class Authority {
  /** Hashes, so that the time that a comparison takes tells nothing of a token. */
  readonly #tokenHashes: ReadonlySet<string>;
  readonly #names: ReadonlySet<string>;

  constructor({ tokens, names }: AuthorityOptions) {
    this.#tokenHashes = new Set(tokens.map(hashOf));
    this.#names = new Set(names);
  }

  mayChange({ headers, socket }: Sender): boolean {
    const token = /^Bearer ([\w.~+/=-]+)$/i.exec(headers.authorization ?? '')?.[1];
    if (token !== undefined && this.#tokenHashes.has(hashOf(token))) return true;
    const name = nameOf(socket);
    return name !== undefined && this.#names.has(name);
  }

  mayRead(sender: Sender): boolean {
    return (isLoopback(sender.socket.remoteAddress) && isLocalHost(sender.headers.host)) || this.mayChange(sender);
  }
}

/**
 * The tokens of a file: one a line; empty lines and those that begin with # mean nothing.
 *
 * @throws {LayercastError} `KEY_INVALID`
 */
export function readTokens(text: string, path: string): readonly string[] {
  const lines = text.split('\n').map((line) => line.trim());
  const tokens = lines.filter((line) => line !== '' && !line.startsWith('#'));
  const place = lines.findIndex((line) => tokens.includes(line) && !isToken(line));
  const refuse = (message: string) =>
    new LayercastError('KEY_INVALID', message, {
      // Never a command that writes to the file: it may be a key that was named by mistake.
      hint: 'Name a file of tokens, one a line; this makes a token: openssl rand -hex 32',
    });
  if (place >= 0) {
    const allowed = `${MIN_TOKEN_CHARS} to ${MAX_TOKEN_CHARS} letters, digits and characters of -._~+/=`;
    throw refuse(`${path}:${place + 1}: not a token, allowed: ${allowed}`);
  }
  if (tokens.length === 0 || tokens.length > MAX_TOKENS)
    throw refuse(`${path} has ${tokens.length} tokens, allowed: 1 to ${MAX_TOKENS}`);
  return tokens;
}

function isToken(text: string): boolean {
  return /^[\w.~+/=-]+$/.test(text) && text.length >= MIN_TOKEN_CHARS && text.length <= MAX_TOKEN_CHARS;
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** The common name of a client whose certificate was checked; undefined without one. */
function nameOf(socket: Sender['socket']): string | undefined {
  if (!('authorized' in socket) || !(socket as TLSSocket).authorized) return undefined;
  const name = (socket as TLSSocket).getPeerCertificate().subject?.CN;
  return typeof name === 'string' ? name : undefined;
}

function isLoopback(address: string | undefined): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address ?? '');
}
