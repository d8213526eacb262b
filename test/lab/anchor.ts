import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { LayercastError } from '../../dist/base/errors.js';
import { environment, isolation, prologue } from './machine.js';

/**
 * The process that keeps a bed alive. It lives in network and mount namespaces of its own (and in a user namespace when an
 * ordinary user started it). The bridge is in these namespaces, and `ip netns` keeps the hosts there. The rest of the machine sees
 * nothing of them, and names cannot clash. The anchor ends as soon as the pipe to its owner breaks, however the owner ended. When the
 * last process inside has ended, the kernel removes everything, so nothing has to be cleaned up.
 */
export class Anchor {
  readonly pid: number;
  readonly #userNamespace: boolean;
  readonly #child: ChildProcess | undefined;

  private constructor(pid: number, userNamespace: boolean, child?: ChildProcess) {
    this.pid = pid;
    this.#userNamespace = userNamespace;
    this.#child = child;
  }

  get userNamespace(): boolean {
    return this.#userNamespace;
  }

  /**
   * @param options.userNamespace use a user namespace even as root
   * @param options.detached the anchor stays after this process has ended, until someone ends `pid`
   * @throws LayercastError `NETWORK_UNAVAILABLE` or `PERMISSION_DENIED`, with a hint what to do
   */
  static async drop(options: { readonly detached: boolean; readonly userNamespace: boolean }): Promise<Anchor> {
    const { flags, userNamespace } = isolation(options.userNamespace);
    const wait = options.detached ? 'exec sleep infinity <&- >&- 2>&-' : 'exec cat';
    const child = spawn('unshare', [...flags, 'sh', '-c', `${prologue} && echo holds && ${wait}`], {
      env: environment(),
      cwd: '/',
      detached: options.detached,
      stdio: 'pipe',
    });
    let complaint = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint += text;
    });
    const first = await Promise.race([once(child.stdout, 'data'), once(child, 'exit').then(() => undefined)]);
    if (first === undefined || child.pid === undefined) {
      throw new LayercastError('PERMISSION_DENIED', `no network namespace could be made: ${complaint.trim()}`);
    }
    child.stdin.on('error', () => {});
    if (options.detached) {
      child.stdin.destroy();
      child.stdout.destroy();
      child.stderr.destroy();
      child.unref();
    }
    return new Anchor(child.pid, userNamespace, child);
  }

  /** An anchor that another process started detached. */
  static at(pid: number, userNamespace: boolean): Anchor {
    return new Anchor(pid, userNamespace);
  }

  /** The words in front of a command that run it on `host`, or beside the bridge; each of these programs execs the next. */
  enter(host?: string, directory = process.cwd()): string[] {
    const user = this.#userNamespace ? ['--user', '--preserve-credentials'] : [];
    const nsenter = ['nsenter', '--target', String(this.pid), ...user, '--mount', '--net', `--wd=${directory}`, '--'];
    return host === undefined ? nsenter : [...nsenter, 'ip', 'netns', 'exec', host];
  }

  /**
   * Runs a command to its end, on `host` or beside the bridge, and resolves to its output.
   * @throws LayercastError `NETWORK_UNAVAILABLE` with the command's output, when the command fails
   */
  async run(
    command: readonly string[],
    options: { readonly host?: string; readonly input?: string } = {},
  ): Promise<string> {
    const [file = '', ...args] = [...this.enter(options.host), ...command];
    return await new Promise((resolve, reject) => {
      const child = execFile(file, args, { env: environment(), maxBuffer: 16 << 20 }, (error, stdout, stderr) => {
        if (error === null) return resolve(stdout);
        const where = options.host ?? 'the bridge';
        const said = stderr.trim().slice(0, 500) || error.message;
        reject(new LayercastError('NETWORK_UNAVAILABLE', `${command.join(' ')}, on ${where}: ${said}`));
      });
      child.stdin?.on('error', () => {}); // a command that fails before it has read everything
      child.stdin?.end(options.input ?? '');
    });
  }

  /** Ends the anchor. Processes that are still inside keep their network until they end. */
  async lift(): Promise<void> {
    if (this.#child === undefined) return void process.kill(this.pid, 'SIGKILL');
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }
}
