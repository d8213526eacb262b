import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ServiceManager } from '../../dist/device/service-manager.js';
import { basicCalls, findIn, type Koffi } from '../../dist/net/libc.js';

const koffi = createRequire(import.meta.url)('koffi') as Koffi;
const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const MSG_DONTWAIT = 0x40;

/** A datagram socket at a name, as a service manager has it. */
class Manager implements Disposable {
  readonly #calls = findIn(koffi, (library) => ({
    ...basicCalls(library, koffi),
    recv: library.func('long recv(int, void *, size_t, int)'),
  }))!;
  readonly #fd = this.#calls.socket(AF_UNIX, SOCK_DGRAM, 0);

  constructor(path: string) {
    const name = path.startsWith('@') ? `\0${path.slice(1)}` : `${path}\0`;
    this.#calls.bind(this.#fd, Buffer.concat([Buffer.from(Uint16Array.of(AF_UNIX).buffer), Buffer.from(name)]));
  }

  /** The next message, if one is there. */
  read(): string | undefined {
    const bytes = Buffer.alloc(1000);
    const length = Number(this.#calls.recv(this.#fd, bytes, bytes.length, MSG_DONTWAIT));
    return length < 0 ? undefined : bytes.toString('utf8', 0, length);
  }

  [Symbol.dispose](): void {
    this.#calls.close(this.#fd);
  }
}

describe('the service manager', () => {
  const folder = mkdtempSync(join(tmpdir(), 'layercast-notify-'));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it.each([
    ['a path', join(folder, 'notify')],
    ['an abstract name', `@layercast-test-${process.pid}`],
  ])('at %s hears of readiness, state, and again and again that the service is alive', async (_, path) => {
    using server = new Manager(path);
    using manager = (await ServiceManager.find({ NOTIFY_SOCKET: path, WATCHDOG_USEC: '20000' }))!;
    manager.ready();
    manager.status('listening;\n1 applied');
    expect([server.read(), server.read()]).toEqual(['READY=1', 'STATUS=listening; 1 applied']);
    for (let i = 0; i < 2; i++) await expect.poll(() => server.read()).toBe('WATCHDOG=1');
    manager.stopping();
  });

  it('that nobody names is not there, and one that is gone stops nothing', async () => {
    expect(await ServiceManager.find({})).toBeUndefined();
    expect(await ServiceManager.find({ NOTIFY_SOCKET: 'not-a-path' })).toBeUndefined();
    using manager = (await ServiceManager.find({ NOTIFY_SOCKET: join(folder, 'gone') }))!;
    manager.ready();
  });
});
