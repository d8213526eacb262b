import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { LayercastError } from '../../dist/base/errors.js';
import { type Answer, CommandShell } from './command-shell.js';
import { environment, isolation, prologue } from './machine.js';

interface RunOptions {
  readonly host?: string;
  readonly input?: string;
}

/** Commands that answer at once. They wait for each other in the anchor's shell, where each takes a third of the time that it takes from here. */
const QUICK = new Set(['bridge', 'cat', 'ethtool', 'ip', 'mount', 'nft', 'readlink', 'sysctl', 'tc']);

/**
 * The process that keeps a bed alive, a shell. It lives in network and mount namespaces of its own (and in a user namespace when an
 * ordinary user started it). The bridge is in these namespaces, and `ip netns` keeps the hosts there. The rest of the machine sees
 * nothing of them, and names cannot clash. The anchor ends as soon as the pipe to its owner breaks, however the owner ended. When the
 * last process inside has ended, the kernel removes everything, so nothing has to be cleaned up.
 */
export class Anchor {
  readonly pid: number;
  readonly #userNamespace: boolean;
  readonly #child: ChildProcess | undefined;
  /** Undefined where the anchor takes no commands, because it stays without its owner. */
  readonly #shell: CommandShell | undefined;

  private constructor(pid: number, userNamespace: boolean, child?: ChildProcess, shell?: CommandShell) {
    this.pid = pid;
    this.#userNamespace = userNamespace;
    this.#child = child;
    this.#shell = shell;
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
    const wait = options.detached ? 'exec sleep infinity <&- >&- 2>&-' : 'exec sh';
    const child = spawn('unshare', [...flags, 'sh', '-c', `${prologue} && echo holds && ${wait}`], {
      env: environment(),
      cwd: '/',
      detached: options.detached,
      stdio: 'pipe',
    });
    let complaint = '';
    const complain = (text: string) => {
      complaint += text;
    };
    child.stderr.setEncoding('utf8').on('data', complain);
    const first = await Promise.race([once(child.stdout, 'data'), once(child, 'exit').then(() => undefined)]);
    if (first === undefined || child.pid === undefined) {
      throw new LayercastError('PERMISSION_DENIED', `no network namespace could be made: ${complaint.trim()}`);
    }
    child.stdin.on('error', () => {});
    child.stderr.off('data', complain);
    if (!options.detached) return new Anchor(child.pid, userNamespace, child, new CommandShell(child));
    child.stdin.destroy();
    child.stdout.destroy();
    child.stderr.destroy();
    child.unref();
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
  async run(command: readonly string[], options: RunOptions = {}): Promise<string> {
    const isQuick = this.#shell !== undefined && QUICK.has(command[0] ?? '');
    const { code, stdout, stderr } = await (isQuick
      ? this.#ask(this.#shell, command, options)
      : this.#start(command, options));
    if (code === 0) return stdout;
    const said = stderr.trim().slice(0, 500) || `ended with ${code}`;
    const where = options.host ?? 'the bridge';
    throw new LayercastError('NETWORK_UNAVAILABLE', `${command.join(' ')}, on ${where}: ${said}`);
  }

  /** `ip netns exec` would mount another /sys, too, which none of these commands reads. */
  #ask(shell: CommandShell, command: readonly string[], { host, input }: RunOptions): Promise<Answer> {
    const enter = host === undefined ? [] : ['nsenter', `--net=/run/netns/${host}`, '--'];
    return shell.run([...enter, ...command], process.cwd(), input);
  }

  #start(command: readonly string[], { host, input = '' }: RunOptions): Promise<Answer> {
    const [file = '', ...args] = [...this.enter(host), ...command];
    return new Promise((resolve) => {
      const child = execFile(file, args, { env: environment(), maxBuffer: 16 << 20 }, (error, stdout, stderr) => {
        if (error === null) resolve({ code: 0, stdout, stderr });
        else resolve({ code: Number(error.code) || 1, stdout, stderr: stderr.trim() || error.message });
      });
      child.stdin?.on('error', () => {}); // a command that fails before it has read everything
      child.stdin?.end(input);
    });
  }

  /** Ends the anchor. Processes that are still inside keep their network until they end. */
  async lift(): Promise<void> {
    if (this.#child === undefined) return void process.kill(this.pid, 'SIGKILL');
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    // For a detached anchor alone this process would not wait.
    this.#child.ref();
    this.#child.kill('SIGKILL');
    await gone;
  }
}
