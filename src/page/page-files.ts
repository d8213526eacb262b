import { readFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { PageRole } from './live-state.js';

/** Where scripts/page.mjs puts them. */
const FOLDER = new URL('./assets/', import.meta.url);

const FILES: Readonly<Record<string, { readonly name: string; readonly type: string }>> = {
  '/': { name: 'page.html', type: 'text/html; charset=utf-8' },
  '/page.js': { name: 'page.js', type: 'text/javascript; charset=utf-8' },
  '/page.css': { name: 'page.css', type: 'text/css; charset=utf-8' },
};

/** The page runs nothing and asks nobody but its own listener, and no other page may frame it. */
const POLICY = [
  ...["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'"],
  ...["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"],
].join('; ');

/** A file of the page, as a listener answers with it. */
export interface PageFile {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** The files of the page, which are the same for all who ask and hold nothing that is secret. Read when somebody asks for the first time. */
export class PageFiles {
  static readonly paths: readonly string[] = Object.keys(FILES);
  readonly #role: PageRole;
  /** By name, with `.gz` for the compressed ones. */
  readonly #read = new Map<string, Promise<Buffer>>();

  constructor(role: PageRole) {
    this.#role = role;
  }

  /** Undefined for a path that is not of the page. @throws if the build has made no such file */
  async answer(path: string, accepted: IncomingHttpHeaders['accept-encoding']): Promise<PageFile | undefined> {
    const file = Object.hasOwn(FILES, path) ? FILES[path] : undefined;
    if (file === undefined) return undefined;
    const isPacked = /\bgzip\b/.test(String(accepted ?? ''));
    const body = await this.#bytes(file.name, isPacked);
    const headers = {
      'content-type': file.type,
      'content-security-policy': POLICY,
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      vary: 'accept-encoding',
      ...(isPacked ? { 'content-encoding': 'gzip' } : {}),
    };
    return { body, headers };
  }

  #bytes(name: string, isPacked: boolean): Promise<Buffer> {
    const key = isPacked ? `${name}.gz` : name;
    const known = this.#read.get(key);
    if (known !== undefined) return known;
    const bytes = isPacked ? this.#bytes(name, false).then((plain) => promisify(gzip)(plain)) : this.#plain(name);
    this.#read.set(key, bytes);
    return bytes;
  }

  async #plain(name: string): Promise<Buffer> {
    const text = await readFile(new URL(name, FOLDER), 'utf8');
    return Buffer.from(text.replace('data-role=""', `data-role="${this.#role}"`));
  }
}
