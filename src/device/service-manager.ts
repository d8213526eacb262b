import { spawn } from 'node:child_process';
import { endianness } from 'node:os';
import { basicCalls, checking, findIn, type Koffi } from '../net/libc.js';
import { SOCK_CLOEXEC, SOCK_DGRAM } from '../net/socket-numbers.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** <sys/socket.h> */
const AF_UNIX = 1;
const MSG_NOSIGNAL = 0x4000;

/** Hands one message to the service manager. It throws when the manager does not take it. */
export type Notify = (message: string) => void;

/**
 * The service manager that started this process (systemd, or one that speaks sd_notify(3)). It is told that the service is ready, what it is
 * doing, and again and again that it is alive.
 */
export class ServiceManager implements Disposable {
  readonly #notify: Notify;
  readonly #timer: NodeJS.Timeout | undefined;

  /** @param watchdogMs how often the manager wants to hear from the service; undefined: never */
  constructor(notify: Notify, watchdogMs: number | undefined) {
    this.#notify = notify;
    if (watchdogMs === undefined) return;
    // sd_watchdog_enabled(3) recommends half of the time.
    this.#timer = setInterval(() => this.#say('WATCHDOG=1'), watchdogMs / 2);
    this.#timer.unref();
  }

  /** The manager of this process; undefined where nobody waits for notifications. */
  static async find(environment: Environment): Promise<ServiceManager | undefined> {
    const path = environment.NOTIFY_SOCKET;
    if (path === undefined || !/^[/@]./.test(path)) return undefined;
    const { WATCHDOG_USEC: usec, WATCHDOG_PID: pid } = environment;
    const isForUs = Number(usec) > 0 && (pid === undefined || Number(pid) === process.pid);
    return new ServiceManager(await notifier(path), isForUs ? Number(usec) / 1000 : undefined);
  }

  ready(): void {
    this.#say('READY=1');
  }

  /** Says what the service is doing, for `systemctl status`. */
  status(text: string): void {
    this.#say(`STATUS=${text.replaceAll('\n', ' ')}`);
  }

  stopping(): void {
    this.#say('STOPPING=1');
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  /** A manager that does not take a message has ended or is busy; the service goes on without it. */
  #say(message: string): void {
    try {
      this.#notify(message);
    } catch {
      // See above.
    }
  }
}

/** Node has no datagram sockets of this family: with koffi the C library sends, else systemd's own program, which costs a process. */
async function notifier(path: string): Promise<Notify> {
  try {
    const { default: koffi } = await import('koffi');
    const notify = socketNotifier(koffi as unknown as Koffi, path);
    if (notify !== undefined) return notify;
  } catch {
    // koffi is optional.
  }
  return (message) => {
    const child = spawn('systemd-notify', [message], { stdio: 'ignore' });
    child.on('error', () => undefined);
  };
}

function socketNotifier(koffi: Koffi, path: string): Notify | undefined {
  const calls = findIn(koffi, (library) => ({
    ...basicCalls(library, koffi),
    sendto: library.func('long sendto(int, const void *, size_t, int, const void *, uint32)'),
  }));
  if (calls === undefined) return undefined;
  const checked = checking(koffi);
  const address = unixAddress(path);
  const fd = calls.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  return (message) => {
    const bytes = Buffer.from(message);
    checked('sendto', calls.sendto(fd, bytes, bytes.length, MSG_NOSIGNAL, address, address.length));
  };
}

/** struct sockaddr_un (unix(7)). A name that begins with `@` is in the abstract namespace, where it begins with a zero. */
function unixAddress(path: string): Buffer {
  const family = Buffer.alloc(2);
  if (endianness() === 'LE') family.writeUInt16LE(AF_UNIX);
  else family.writeUInt16BE(AF_UNIX);
  return path.startsWith('@')
    ? Buffer.concat([family, Buffer.of(0), Buffer.from(path.slice(1))])
    : Buffer.concat([family, Buffer.from(`${path}\0`)]);
}
