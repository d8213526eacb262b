import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { optionalPackages } from '../../scripts/release/optional-packages.mjs';
import { builtImage, instructionsOf, layerFault } from './built-image.js';

const top = fileURLToPath(new URL('../../', import.meta.url));
const manifest = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8'));

const MAKE = join(top, 'scripts/release/make.mjs');

/** What a program may rely on, and two mistakes that the compiler has to find. */
const PROGRAM = `import { createReceiver, createSender, LayercastError, type ProgressEvent, type ReceiverOptions } from 'layercast';
const options: ReceiverOptions = { fleet: 'acme', object: 'firmware', key: 'KEY', output: 'firmware.img' };
const receiver = createReceiver(options);
receiver.on('progress', ({ bytes, totalBytes }: ProgressEvent) => console.log(bytes / totalBytes));
receiver.done.catch((error: unknown) => {
  if (error instanceof LayercastError) console.log(error.code, error.hintFor((option) => (option === 'timeoutMs' ? 'T' : option)));
});
createSender({ config: 'fleet.yaml' }).on('publish', ({ version }) => console.log(version + 1));
// @ts-expect-error no such option
createReceiver({ ...options, timeout: 1 });
// @ts-expect-error no such event
receiver.on('finish', () => undefined);
`;

const folder = mkdtempSync(join(tmpdir(), 'layercast-package-'));
const [release, prefix] = [join(folder, 'release'), join(folder, 'prefix')];
const root = join(prefix, 'lib/node_modules/layercast');
const archive = join(release, `layercast-${manifest.version}.tgz`);

/** Why the steps of the container file cannot be tried here. */
const noLayer = layerFault(mkdtempSync(join(folder, 'layer-')));
if (noLayer !== undefined) console.log(`the container file is not tried: ${noLayer}`);

function run(command: string, ...args: readonly string[]): string {
  return execFileSync(command, args, { cwd: folder, encoding: 'utf8', env: { ...process.env, NODE_V8_COVERAGE: '' } });
}

beforeAll(() => {
  run(process.execPath, MAKE, release, 'quick');
  // Nothing is asked of the network: the packages that the code needs are in it.
  const offline = ['--offline', '--omit=optional', '--ignore-scripts', '--no-audit', '--no-fund', '--silent'];
  run('npm', 'install', '--global', '--prefix', prefix, ...offline, archive);
  for (const name of optionalPackages()) cpSync(join(top, name), join(root, name), { recursive: true });
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true }));

describe('the package', { timeout: 300_000 }, () => {
  it('is small, packed and installed with what is native', () => {
    // Code makes nine tenths. A package that should have been optional, or a second copy of a part, takes more than what is left here.
    expect(statSync(archive).size).toBeLessThan(625_000);
    const bytes = readdirSync(root, { recursive: true, encoding: 'utf8' })
      .map((name) => statSync(join(root, name)))
      .reduce((sum, stats) => sum + (stats.isFile() ? stats.size : 0), 0);
    expect(bytes).toBeLessThan(10e6);
  });

  it('needs no other package, and no script that runs when it is installed', () => {
    expect([manifest.dependencies, manifest.peerDependencies]).toEqual([undefined, undefined]);
    expect(Object.keys(manifest.scripts).filter((name) => /^(pre|post)?(install|prepare)$/.test(name))).toEqual([]);
  });

  it('has what users need, and no maps, sources, tests or benchmarks', () => {
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
      (name) => !name.startsWith('node_modules'),
    );
    expect(files.filter((name) => /[.]map$|^(src|test|bench|scripts|docs)\b/.test(name))).toEqual([]);
    const needed = [
      'README.md',
      'LICENSE',
      'SECURITY.md',
      'config/fleet.yaml',
      'config/fleet.schema.json',
      'examples/home.yaml',
    ];
    expect(files).toEqual(expect.arrayContaining([...needed, 'dist/licences.txt']));
    for (const page of manifest.man) expect(existsSync(join(root, page))).toBe(true);
    expect(readdirSync(join(prefix, 'share/man/man1'))).toHaveLength(manifest.man.length);
  });

  it('names the licence of each package that is in the bundle', () => {
    const text = readFileSync(join(root, 'dist/licences.txt'), 'utf8');
    for (const name of ['zod', 'yaml', 'commander', 'msgpackr', 'mqtt', 'eventemitter3', 'ip6addr', 'coap-packet'])
      expect(text).toMatch(new RegExp(`^${name} \\d.* \\(.+\\)$`, 'm'));
  });

  it('has every file that its code and its types name', () => {
    const reached = new Set(['dist/index.js', 'dist/index.d.ts', 'dist/cli/main.js'].map((name) => join(root, name)));
    for (const file of reached) {
      const text = readFileSync(file, 'utf8');
      for (const [, name = ''] of text.matchAll(/\b(?:from|import|URL) ?\(? ?["'`](\.[^"'`$]+\.js)["'`]/g)) {
        const path = join(dirname(file), name);
        expect([file, name, existsSync(path)]).toEqual([file, name, true]);
        reached.add(path);
      }
    }
    const bundle = readdirSync(join(root, 'dist/bundle')).filter((name) => name.endsWith('.js'));
    expect(bundle.filter((name) => !reached.has(join(root, 'dist/bundle', name)))).toEqual([]);
  });

  it('loads one small file for --help', () => {
    const main = readFileSync(join(root, 'dist/bundle/main.js'), 'utf8');
    expect(main.length).toBeLessThan(5_000);
    expect([...main.matchAll(/\bfrom ?["'`]([^"'`]+)["'`]/g)].map(([, name]) => name)).toEqual(['node:fs']);
  });

  it('loads few files for a fetch, and none of a server', () => {
    const counts = join(folder, 'counts');
    run(join(prefix, 'bin/layercast'), 'keygen', '--out', folder);
    // Node names every file that it has loaded where it counts what is covered. The fetch ends for want of its interface, and sends nothing.
    const words = ['fetch', 'acme/firmware', '--key', 'layercast.pub', '-o', 'firmware.img', '--state', 'state'];
    const env = { ...process.env, NODE_V8_COVERAGE: counts };
    const command = [join(root, 'dist/cli/main.js'), ...words, '--interface', 'none0', '--no-wait'];
    expect(spawnSync(process.execPath, command, { cwd: folder, env, encoding: 'utf8' }).stderr).toContain('none0');
    const texts = readdirSync(counts).map((name) => readFileSync(join(counts, name), 'utf8'));
    const loaded = texts
      .flatMap((text) => [...text.matchAll(/\/dist\/bundle\/([^"/]+)\.js"/g)])
      .map(([, name]) => name!);
    expect(loaded).toContain('fetch');
    expect(loaded.length).toBeLessThan(50);
    expect(loaded).not.toContain('send');
  });

  it('runs: its commands, and a transfer with all its threads', () => {
    const command = join(prefix, 'bin/layercast');
    expect(run(command, '--version')).toBe(`${manifest.version}\n`);
    expect(run(command, '--help')).toContain('fetch');
    expect(run(command, 'config', 'validate', join(root, 'config/receiver.yaml'))).toContain('ok: receiver');
    expect(run('sh', '-c', `${command} demo 2>&1`)).toContain('The file received is the file sent.');
  });

  it('is a library with types', () => {
    const consumer = join(folder, 'consumer');
    mkdirSync(join(consumer, 'node_modules'), { recursive: true });
    cpSync(join(root, 'dist'), join(consumer, 'node_modules/layercast/dist'), { recursive: true });
    cpSync(join(root, 'package.json'), join(consumer, 'node_modules/layercast/package.json'));
    writeFileSync(join(consumer, 'program.ts'), PROGRAM);
    writeFileSync(join(consumer, 'package.json'), '{ "type": "module" }');
    const compilerOptions = {
      strict: true,
      noEmit: true,
      module: 'nodenext',
      target: 'es2023',
      types: ['node'],
      typeRoots: [join(top, 'node_modules/@types')],
    };
    writeFileSync(join(consumer, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.ts'] }));
    const program = "import { createReceiver } from 'layercast'; console.log(typeof createReceiver)";
    const loaded = `cd ${consumer} && ${process.execPath} --input-type=module -e "${program}"`;
    expect(run('sh', '-c', loaded)).toBe('function\n');
    expect(run('sh', '-c', `${join(top, 'node_modules/.bin/tsc')} -p ${consumer}/tsconfig.json || exit 0`)).toBe('');
  });
});

describe('a release', { timeout: 300_000 }, () => {
  it('has checksums of all its files', () => {
    const sums = readFileSync(join(release, 'SHA256SUMS'), 'utf8');
    expect(sums.trim().split('\n')).toHaveLength(readdirSync(release).length - 1);
    expect(run('sh', '-c', `cd ${release} && sha256sum --check --quiet SHA256SUMS`)).toBe('');
  });

  it('has a bill of materials that names each package in the bundle, and no tool', () => {
    const bill = JSON.parse(readFileSync(join(release, `layercast-${manifest.version}.cdx.json`), 'utf8'));
    const names = (scope: string) =>
      bill.components.flatMap((one: Record<string, string>) =>
        one.scope === scope ? [`${one.name} ${one.version}`] : [],
      );
    const licences = readFileSync(join(root, 'dist/licences.txt'), 'utf8').matchAll(/^-{80}\n(\S+ \S+) /gm);
    expect(names('required').sort()).toEqual([...licences].map(([, name]) => name).sort());
    expect(names('optional').join()).toMatch(/\bkoffi 3/);
    expect(JSON.stringify(bill)).not.toMatch(/typescript|vitest|https?:\/\/(?!cyclonedx)/);
  });

  it.skipIf(!existsSync('/usr/bin/dpkg-deb'))('installs as a Debian package, with pages, completions and units', () => {
    const system = join(folder, 'system');
    for (const name of ['info', 'updates']) mkdirSync(join(system, 'var/lib/dpkg', name), { recursive: true });
    writeFileSync(join(system, 'var/lib/dpkg/status'), '');
    const file = readdirSync(release).find((name) => name.endsWith('.deb'))!;
    run('dpkg', `--root=${system}`, '--force-depends', '--force-not-root', '--install', join(release, file));
    expect(run(join(system, 'usr/bin/layercast'), '--version')).toBe(`${manifest.version}\n`);
    for (const unit of readdirSync(join(system, 'usr/lib/systemd/system'))) {
      const text = readFileSync(join(system, 'usr/lib/systemd/system', unit), 'utf8');
      const program = /^ExecStart=(\S+)/m.exec(text)![1]!;
      expect([unit, existsSync(join(system, program))]).toEqual([unit, true]);
    }
    expect(readdirSync(join(system, 'usr/share/man/man1'))).toHaveLength(manifest.man.length);
    expect(readFileSync(join(system, 'usr/share/bash-completion/completions/layercast'), 'utf8')).toContain('fetch');
    expect(existsSync(join(system, 'usr/lib/layercast/node_modules/koffi'))).toBe(
      existsSync(join(top, 'node_modules/koffi')),
    );
  });

  it('has a container file that takes what is beside it, and runs as nobody special', () => {
    const instructions = instructionsOf(join(release, 'Containerfile'));
    const line = (word: string) => instructions.find((one) => one.word === word)!.rest.split(/\s+/);
    expect(Number(/^node:(\d+)-slim$/.exec(line('FROM')[0]!)![1])).toBeGreaterThanOrEqual(20);
    const taken = new RegExp(`^${line('COPY')[0]!.replace('*', '.*')}$`);
    expect(readdirSync(release).filter((name) => taken.test(name))).toEqual([`layercast-${manifest.version}.tgz`]);
    expect(line('USER')).toEqual(['node']);
    expect(JSON.parse(line('ENTRYPOINT').join(' '))).toEqual(Object.keys(manifest.bin));
  });

  it.skipIf(noLayer !== undefined)(
    'has a container file whose steps work, one after the other, in a root of their own',
    () => {
      const layer = mkdtempSync(join(folder, 'layer-'));
      const [help, version, who, left, state] = builtImage(release, layer, [
        'layercast --version',
        'id -u; pwd; echo $XDG_STATE_HOME',
        'ls /tmp | grep layercast-.*tgz || true',
        'layercast cache show >/dev/null; touch /var/lib/layercast/mine; stat -c %u /var/lib/layercast',
      ]);
      expect(help).toContain('Usage: layercast');
      expect([version, who, left, state]).toEqual([`${manifest.version}\n`, '1000\n/data\n/var/lib\n', '', '1000\n']);
      expect(existsSync('/usr/local/lib/node_modules/layercast')).toBe(false);
    },
  );
});
