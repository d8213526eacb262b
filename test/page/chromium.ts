import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

/** Where systems put it; undefined where there is none, and tests are skipped. */
export const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);

/** A name that the browser takes for 127.0.0.1. */
export const NAME = 'manager.test';

type Reply = { readonly result?: Record<string, unknown>; readonly error?: { readonly message: string } };
interface Said extends Reply {
  readonly id?: number;
  readonly method?: string;
  readonly sessionId?: string;
  readonly params?: Record<string, unknown>;
}

export interface TabOptions {
  readonly widthPx?: number;
  readonly heightPx?: number;
  readonly isDark?: boolean;
}

/** A browser without a window, driven by the DevTools protocol over pipes. It asks nobody but the pages that it opens. */
export class Chromium implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  readonly #tabs = new Map<string, Tab>();
  #count = 0;

  private constructor(process: ChildProcess, folder: string) {
    this.#process = process;
    this.#folder = folder;
    let rest = '';
    (process.stdio[4] as Readable).setEncoding('utf8').on('data', (part: string) => {
      const messages = (rest + part).split('\0');
      rest = messages.pop()!;
      for (const message of messages) this.#hear(JSON.parse(message));
    });
  }

  static async start(): Promise<Chromium> {
    const folder = mkdtempSync(join(tmpdir(), 'layercast-chromium-'));
    const flags = [
      ...[
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-dev-shm-usage',
        '--no-first-run',
        '--hide-scrollbars',
      ],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-extensions'],
      ...[
        '--no-proxy-server',
        `--host-resolver-rules=MAP ${NAME} 127.0.0.1`,
        '--remote-debugging-pipe',
        `--user-data-dir=${folder}`,
      ],
    ];
    const stdio: ('ignore' | 'pipe')[] = ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'];
    return new Chromium(spawn(CHROMIUM!, flags, { stdio }), folder);
  }

  /** A tab of a profile of its own. */
  async open(url: string, { widthPx = 1000, heightPx = 800, isDark = false }: TabOptions = {}): Promise<Tab> {
    const { browserContextId } = await this.send('Target.createBrowserContext', {});
    const { targetId } = await this.send('Target.createTarget', { url: 'about:blank', browserContextId });
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
    const tab = new Tab((method, params) => this.send(method, params, sessionId as string));
    this.#tabs.set(sessionId as string, tab);
    const size = { width: widthPx, height: heightPx, deviceScaleFactor: 1, mobile: widthPx < 500 };
    await tab.send('Emulation.setDeviceMetricsOverride', size);
    const features = [{ name: 'prefers-color-scheme', value: isDark ? 'dark' : 'light' }];
    await tab.send('Emulation.setEmulatedMedia', { features });
    for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await tab.send(`${domain}.enable`);
    await tab.send('Page.navigate', { url });
    return tab;
  }

  send(method: string, params: object, sessionId?: string): Promise<Record<string, unknown>> {
    const id = ++this.#count;
    (this.#process.stdio[3] as Writable).write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ result, error }) => (error ? reject(new Error(error.message)) : resolve(result ?? {})));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const isOver = new Promise((resolve) => this.#process.once('exit', resolve));
    await this.send('Browser.close', {});
    await isOver;
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  #hear({ id, method, sessionId, params, ...reply }: Said): void {
    if (id !== undefined) {
      this.#waiting.get(id)?.(reply);
      this.#waiting.delete(id);
    } else if (sessionId !== undefined) this.#tabs.get(sessionId)?.hear(method!, params ?? {});
  }
}

export class Tab {
  readonly send: (method: string, params?: object) => Promise<Record<string, unknown>>;
  /** What went wrong in the page: errors that were thrown, and what the browser refused. */
  readonly faults: string[] = [];
  /** URLs that the page asked for. */
  readonly urls: string[] = [];

  constructor(send: (method: string, params: object) => Promise<Record<string, unknown>>) {
    this.send = (method, params = {}) => send(method, params);
  }

  hear(method: string, params: Record<string, unknown>): void {
    if (method === 'Runtime.exceptionThrown') this.faults.push(JSON.stringify(params.exceptionDetails));
    if (method === 'Log.entryAdded') this.faults.push(String((params.entry as { text: string }).text));
    if (method === 'Network.requestWillBeSent') this.urls.push((params.request as { url: string }).url);
  }

  async evaluate<Value>(expression: string): Promise<Value> {
    const params = { expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = await this.send('Runtime.evaluate', params);
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    return (result as { value: Value }).value;
  }

  /** The text of the page once it has another text. */
  async textWith(text: string): Promise<string> {
    const wanted = JSON.stringify(text);
    return await this.evaluate(`new Promise((resolve, reject) => {
      const look = () => document.body?.innerText.includes(${wanted}) && resolve(document.body.innerText);
      new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true });
      setTimeout(() => reject(new Error('no ' + ${wanted} + ' in: ' + document.body?.innerText)), 20_000);
      look();
    })`);
  }

  /** Resolves when what was asked for is drawn. A part of the page that another part renews is drawn with the picture after that. */
  async drawn(): Promise<void> {
    await this.evaluate(
      `new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(true))))`,
    );
  }

  async screenshot(path: string, isWhole = false): Promise<void> {
    const { data } = await this.send('Page.captureScreenshot', { format: 'png', captureBeyondViewport: isWhole });
    writeFileSync(path, Buffer.from(data as string, 'base64'));
  }
}
