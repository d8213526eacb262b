import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runHere } from '../cli/run-cli.js';
import { Bed } from '../lab/bed.js';
import type { Host } from '../lab/host.js';
import { plainCommands } from './plain-commands.js';

const top = fileURLToPath(new URL('../../', import.meta.url));
const MAIN = join(top, 'dist/cli/main.js');

/**
 * The command `layercast` of the documents. `serve` continues in the background after it has published, so that the next command
 * finds a server, `gateway` and `manager` after they listen; other commands run to their end.
 */
const LAYERCAST = `#!/bin/sh
case " $* " in *" --check "* | *" --help "*) exec "${process.execPath}" "${MAIN}" "$@" ;; esac
case "$1" in serve | gateway | manager) ;; *) exec "${process.execPath}" "${MAIN}" "$@" ;; esac
log=$(mktemp "$WORLD/serve-XXXXXX")
"${process.execPath}" "${MAIN}" "$@" >"$log" 2>&1 </dev/null &
server=$!
echo $server >>"$WORLD/servers"
for i in $(seq 300); do
  if grep -qE '"event":"publish"|  channel |^objects at |^devices at ' "$log"; then exit 0; fi
  kill -0 $server 2>/dev/null || break
  sleep 0.1
done
cat "$log" >&2
exit 1
`;

const { scripts } = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8')) as { readonly scripts: object };

/** The command `npm`: scripts take minutes, so it only checks that package.json has a script of this name. */
const NPM = `#!/bin/sh
[ "$1" = run ] && shift
case $1 in i | install | link | ${Object.keys(scripts).join(' | ')}) exit 0 ;; esac
exit 1
`;

interface Outcome {
  readonly code: number | null;
  readonly output: string;
}

/** A host with one interface, a fleet `acme` that sends `firmware` and `maps` there, and a folder in which commands are run. */
export class World implements AsyncDisposable {
  readonly folder: string;
  readonly #root: string;
  readonly #bed: Bed;
  /** Number of servers that `stopServers` leaves running: those that were started first. */
  #others = 0;

  private constructor(root: string, bed: Bed) {
    this.#root = root;
    this.folder = join(root, 'here');
    this.#bed = bed;
  }

  static async make(): Promise<World> {
    const world = new World(mkdtempSync(join(tmpdir(), 'layercast-docs-')), await Bed.lay({ hosts: ['alpha'] }));
    world.#furnish();
    await world.host.run('ip', ['link', 'add', 'br0', 'type', 'bridge']);
    await world.host.run('nft', ['add', 'table', 'inet', 'filter']);
    await world.host.run('nft', ['add', 'chain', 'inet', 'filter', 'input']);
    const serving = await world.run(
      'layercast serve --config fleet.yaml --host somewhere',
      join(world.#root, 'server'),
    );
    world.#others = world.#servers().length;
    if (serving.code !== 0) throw new Error(serving.output);
    return world;
  }

  get #state(): string {
    return join(this.#root, 'state');
  }

  get host(): Host {
    return this.#bed.host('alpha');
  }

  /**
   * Runs a shell script as in the documents, on a host called alpha, or in this process if that makes no difference. `stopServers` stops the servers that
   * the script leaves.
   */
  async run(script: string, folder = this.folder): Promise<Outcome> {
    const commands = plainCommands(script);
    if (commands !== undefined) return this.#runHere(commands, folder);
    // These commands count no coverage: other tests run them all, and the counters cost each process a fifth more.
    const env = {
      PATH: `${join(this.#root, 'bin')}:${join(top, 'node_modules/.bin')}:${process.env.PATH}`,
      XDG_STATE_HOME: this.#state,
      WORLD: this.#root,
    };
    const named = 'echo alpha >/proc/sys/kernel/hostname && exec bash -e -o pipefail -c "$1"';
    const shell = this.host.spawn('unshare', ['-u', 'sh', '-c', named, 'sh', script], { cwd: folder, env });
    const { code } = await shell.exited;
    return { code, output: `${shell.stdout}${shell.stderr}` };
  }

  async #runHere(commands: readonly (readonly string[])[], cwd: string): Promise<Outcome> {
    let output = '';
    for (const words of commands) {
      const { code, stdout, stderr } = await runHere(words, { cwd, env: { XDG_STATE_HOME: this.#state } });
      output += stdout + stderr;
      if (code !== 0) return { code, output };
    }
    return { code: 0, output };
  }

  /** Stops the servers that scripts have started, and waits until they are gone. */
  async stopServers(): Promise<void> {
    const pids = this.#servers().slice(this.#others);
    for (const pid of pids) this.#signal(pid, 'SIGTERM');
    for (const pid of pids) while (this.#signal(pid, 0)) await new Promise((resolve) => setTimeout(resolve, 50));
    writeFileSync(join(this.#root, 'servers'), `${this.#servers().slice(0, this.#others).join('\n')}\n`);
  }

  #signal(pid: number, signal: 'SIGTERM' | 0): boolean {
    try {
      return process.kill(pid, signal);
    } catch {
      return false;
    }
  }

  #servers(): readonly number[] {
    const path = join(this.#root, 'servers');
    return existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean).map(Number) : [];
  }

  write(name: string, content: string): string {
    writeFileSync(join(this.folder, name), content);
    return join(this.folder, name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#others = 0;
    await this.stopServers();
    await this.#bed[Symbol.asyncDispose]();
    rmSync(this.#root, { recursive: true, force: true });
  }

  /** Makes the programs, keys, files and examples that the documents use. */
  #furnish(): void {
    const [bin, server] = [join(this.#root, 'bin'), join(this.#root, 'server')];
    for (const folder of [this.folder, bin, server]) mkdirSync(folder);
    for (const [name, text] of [
      ['layercast', LAYERCAST],
      ['npm', NPM],
    ] as const) {
      writeFileSync(join(bin, name), text);
      chmodSync(join(bin, name), 0o755);
    }
    execFileSync(process.execPath, [MAIN, 'keygen', '--out', server]);
    writeFileSync(join(server, 'firmware.img'), randomBytes(75_000));
    writeFileSync(join(server, 'maps.bin'), randomBytes(75_000));
    // As slow as the files are small: this server sends as long as the documents are tried.
    const channels = 'version: 1, code: none, channels: [{ rate: 1Mbit }, { rate: 1Mbit }]';
    const iotupd = (name: string) => `iotupd: { name: ${name}, rate: 1Mbit }`;
    const objects = ['firmware.img', 'maps.bin'].map(
      (file) => `  ${file.split('.')[0]}: { file: ${file}, ${channels}, ${iotupd(file.split('.')[0]!)} }\n`,
    );
    writeFileSync(
      join(server, 'fleet.yaml'),
      `fleet: acme\nkey: layercast.key\nannounceInterval: 200ms\nobjects:\n${objects.join('')}servers:\n  somewhere: {}\n`,
    );
    for (const name of ['layercast.pub', 'acme.pub'])
      copyFileSync(join(server, 'layercast.pub'), join(this.folder, name));
    for (const name of ['layercast.key', 'acme.key'])
      copyFileSync(join(server, 'layercast.key'), join(this.folder, name));
    cpSync(join(top, 'config'), this.folder, { recursive: true });
    this.#copyExamples();
    mkdirSync(join(this.folder, 'node_modules'));
    symlinkSync(top, join(this.folder, 'node_modules', 'layercast'));
    writeFileSync(join(this.folder, 'package.json'), '{ "type": "module" }');
  }

  /** Copies the example scenarios and cuts them to two seconds: they last up to half an hour. */
  #copyExamples(): void {
    const folder = join(this.folder, 'examples');
    mkdirSync(folder);
    for (const name of readdirSync(join(top, 'examples'), { encoding: 'utf8', recursive: true })) {
      if (!name.endsWith('.yaml')) continue;
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      const text = readFileSync(join(top, 'examples', name), 'utf8');
      writeFileSync(join(folder, name), text.replace(/^duration: .*$/m, 'duration: 2s'));
    }
  }
}
