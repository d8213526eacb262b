// The way of a new user: a release, installed by the words of docs/installation.md, then README.md from the keys to the last receiver, on hosts of
// their own: two servers and ten devices.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { blocksOf } from '../test/docs/blocks.js';
import { Bed } from '../test/lab/bed.js';
import type { Host } from '../test/lab/host.js';
import { until } from '../test/lab/until.js';

const top = fileURLToPath(new URL('..', import.meta.url));
const SERVERS = ['alpha', 'beta'];
const DEVICES = Array.from({ length: 10 }, (_, index) => `device${index}`);
const FILE_BYTES = 2e6;

/** Prints what was done. @returns seconds from the first key to the last file */
export async function run(): Promise<Record<string, unknown>> {
  const folder = mkdtempSync(join(tmpdir(), 'layercast-new-user-'));
  try {
    const path = install(folder);
    await using bed = await Bed.lay({ hosts: [...SERVERS, ...DEVICES] });
    const startedMs = performance.now();
    const onHost = (name: string) => new Place(bed.host(name), join(folder, name), path);
    const [alpha, beta] = SERVERS.map(onHost);
    writeFileSync(join(alpha!.folder, 'firmware.img'), randomBytes(FILE_BYTES));
    await alpha!.follow(command('layercast keygen'));
    writeFileSync(join(alpha!.folder, 'fleet.yaml'), block('README.md', 'yaml', 'fleet: acme'));
    await alpha!.follow(command('layercast plan'));
    cpSync(alpha!.folder, beta!.folder, { recursive: true });
    await alpha!.serve(command('layercast serve'));
    await beta!.serve(command('layercast serve').replace('--host alpha', '--host beta'));
    const sent = readFileSync(join(alpha!.folder, 'firmware.img'));
    const devices = DEVICES.map(onHost);
    await Promise.all(
      devices.map(async (device) => {
        cpSync(join(alpha!.folder, 'layercast.pub'), join(device.folder, 'layercast.pub'));
        await device.follow(command('layercast fetch acme/firmware'));
        if (!readFileSync(join(device.folder, 'firmware.img')).equals(sent))
          throw new Error(`${device.folder}: another file`);
      }),
    );
    const seconds = (performance.now() - startedMs) / 1000;
    console.log(
      `${DEVICES.length} devices have the file of ${SERVERS.length} servers, ${seconds.toFixed(1)} s after the first command`,
    );
    return { deviceCount: DEVICES.length, seconds };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Makes a release and installs it. @returns PATH with the command `layercast` */
function install(folder: string): string {
  const release = join(folder, 'release');
  execFileSync(process.execPath, [join(top, 'scripts/release/make.mjs'), release], { stdio: 'inherit' });
  const [prefix, words] = [join(folder, 'prefix'), command('npm install --global', 'docs/installation.md')];
  const archive = readdirSync(release).find((name) => name.endsWith('.tgz'))!;
  // The network is not asked: optional packages come from this clone.
  const env = { ...process.env, npm_config_prefix: prefix, npm_config_offline: 'true', npm_config_omit: 'optional' };
  execFileSync('sh', ['-c', words.replace(/layercast-\S+\.tgz/, archive)], { cwd: release, env, stdio: 'inherit' });
  for (const name of ['koffi', '@koromix'].filter((one) => existsSync(join(top, 'node_modules', one))))
    cpSync(join(top, 'node_modules', name), join(prefix, 'lib/node_modules/layercast/node_modules', name), {
      recursive: true,
    });
  return `${join(prefix, 'bin')}:${process.env.PATH}`;
}

/** The block of a document that begins with these words. */
function command(words: string, file = 'README.md'): string {
  return block(file, 'sh', words);
}

function block(file: string, language: string, words: string): string {
  const found = blocksOf(join(top, file), file).find((one) => one.language === language && one.code.startsWith(words));
  if (found === undefined) throw new Error(`${file} has no block that begins with "${words}"`);
  return found.code;
}

/** A folder on a host, in which somebody types what a document says. */
class Place {
  readonly folder: string;
  readonly #host: Host;
  readonly #env: Readonly<Record<string, string>>;

  constructor(host: Host, folder: string, path: string) {
    mkdirSync(folder);
    this.folder = folder;
    this.#host = host;
    this.#env = { PATH: path, XDG_STATE_HOME: join(folder, 'state') };
  }

  async follow(code: string): Promise<void> {
    const shell = this.#type(code);
    const { code: exit } = await shell.exited;
    if (exit !== 0) throw new Error(`${code}ended with ${exit}: ${shell.stderr}`);
  }

  /** The server goes on; the bed ends it. */
  async serve(code: string): Promise<void> {
    const shell = this.#type(`exec ${code}`);
    await until('the server sends', async () => shell.stderr.includes('  channel '));
  }

  #type(code: string) {
    return this.#host.spawn('bash', ['-e', '-c', code], { cwd: this.folder, env: this.#env });
  }
}
