import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { runCli, runHere } from './run-cli.js';

const folder = mkdtempSync(join(tmpdir(), 'layercast-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

const config = (name: string) => fileURLToPath(new URL(`../../config/${name}`, import.meta.url));
const FLEET = 'fleet: f\nobjects:\n  a: { file: a.bin, version: 1, channels: [{ rate: 1Mbit }] }\n';
writeFileSync(join(folder, 'good.yaml'), FLEET);
writeFileSync(join(folder, 'bad.yaml'), FLEET.replace('1Mbit', '1').replace('f\n', 'f g\n'));

describe('the command line', () => {
  it.each([
    [['plna'], "unknown command 'plna'", '(Did you mean plan?)'],
    [['help', 'plna'], "unknown command 'plna'", 'see layercast --help'],
    [['plan', '--config', 'x', '--jsn'], "unknown option '--jsn'", '(Did you mean --json?)'],
    [['plan'], 'no fleet file was named, and there is none of ./fleet.yaml, ', 'Name it: layercast COMMAND fleet.yaml'],
    [['plan', 'a.yaml', '--config', 'b.yaml'], 'two files: a.yaml and --config b.yaml', 'Name one of them'],
    [['plan', '--config'], "option '--config <fleet.yaml>' argument missing", 'see layercast --help'],
    [
      ['fetch', 'acme/firmware', '--key', 'KEY', '-o', 'x', '--timeout', '-1'],
      '--timeout: not usable, found "-1"',
      'allowed: seconds',
    ],
    [
      ['fetch', 'acme/firmware', '--key', 'KEY', '-o', 'a\nb'],
      '--output: not usable, found "a\\nb"',
      'allowed: a path: text that is not empty, without control characters',
    ],
    [['fetch', 'acme/firmware', '-o', 'x'], 'missing --key', 'Add --key layercast.pub'],
    [
      ['config', 'schema', 'server'],
      'no schema is called "server"',
      'fleet, receiver, agent, gateway, manager, scenario or events',
    ],
    [['config', 'validate', 'a', 'b'], 'too many arguments', 'see layercast --help'],
  ])('answers %j with what is wrong, what to do, and exit code 2', async (args, message, hint) => {
    const { code, stdout, stderr } = await runHere(args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^layercast: /);
    expect(stderr).toContain(message);
    expect(stderr).toContain(`\n  ${hint}`);
    expect(stderr).not.toContain('    at ');
  });

  it('says what is wrong with options of the library in its own words', async () => {
    await runHere(['keygen', '--out', 'options'], { cwd: folder });
    const typed = ['fetch', `a b/${'x'.repeat(300)}`, '--key', 'options/layercast.pub', '-o', 'x'];
    const { code, stderr } = await runHere(typed, { cwd: folder });
    expect(code).toBe(2);
    expect(stderr).toContain('layercast: FLEET: not a name, found "a b", allowed:');
    expect(stderr).toContain('\nOBJECT: not a name for an object, found');
    expect(stderr).not.toContain('createReceiver');
  });

  it.each([
    ['noise', 'noise is not an Ed25519 public key in PEM form (found no key)', 'layercast keygen'],
    ['folder', 'folder": it is a directory', 'name a file'],
    ['noise/key', 'a part of the path is not a directory', 'check the path'],
    ['absent', 'no file', 'check its name'],
  ])('says of the key %s what is wrong with it as a key', async (key, message, hint) => {
    writeFileSync(join(folder, 'noise'), Buffer.from([0xff, 0xfe, 0x00, 0x80]));
    mkdirSync(join(folder, 'folder'), { recursive: true });
    const { code, stderr } = await runHere(['fetch', 'acme/firmware', '--key', key, '-o', 'x'], { cwd: folder });
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr).toContain(hint);
    expect(stderr).not.toContain('YAML');
  });

  it.each([
    'plan DIR',
    'plan fleet.yaml --svg DIR',
    'config validate DIR',
    'sign DIR --key options/layercast.key --out records',
    'sign fleet.yaml --key DIR --out records',
    'publish DIR --config fleet.yaml',
    'publish --config DIR fleet.yaml',
    'simulate DIR',
    'plot DIR -o x.svg',
    'verify DIR --key options/layercast.pub',
    'verify fleet.yaml --key DIR',
    'root show --root DIR',
    'root add options/layercast.pub --root DIR --fleet acme',
    'keygen --content DIR',
    'release DIR',
    'mirror DIR --once',
    'serve DIR --check',
    'agent DIR',
    'gateway DIR',
    'manager DIR',
    'manager --tokens DIR',
    'fetch acme/firmware --key options/layercast.pub -o DIR',
    'fetch acme/firmware --key options/layercast.pub -o x --config DIR',
  ])('ends with 2 for a folder in the place of a file: %s', async (typed) => {
    await runHere(['keygen', '--out', 'options'], { cwd: folder });
    mkdirSync(join(folder, 'DIR'), { recursive: true });
    writeFileSync(
      join(folder, 'fleet.yaml'),
      'fleet: acme\nobjects:\n  a: { file: fleet.yaml, version: 1, channels: [{ rate: 1Mbit }] }\n',
    );
    const { code, stderr } = await runHere(typed.split(' '), { cwd: folder });
    expect(stderr).toMatch(
      /DIR"? (is a (folder|directory)|already exists)|cannot (read|write) "[^"]*DIR": it is a directory/,
    );
    expect(code).toBe(2);
  });

  it.each([
    ['/proc/x', 'cannot create a file in "/proc": it takes no new entries', 'choose another folder'],
    ['x.part', 'ends in ".part"', 'Name a file without that ending with -o'],
  ])('refuses the output %s before it looks for an interface', async (output, message, hint) => {
    await runHere(['keygen', '--out', 'options'], { cwd: folder });
    const typed = ['fetch', 'acme/firmware', '--key', 'options/layercast.pub', '-o', output];
    const { code, stderr } = await runHere(typed, { cwd: folder });
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr).toContain(`\n  ${hint}`);
  });

  it.each(['flag', 'file'])(
    'writes nothing but the object to standard output when it is the output, in a %s',
    async (place) => {
      await runHere(['keygen', '--out', 'stdout'], { cwd: folder });
      writeFileSync(join(folder, 'out.yaml'), 'key: stdout/layercast.pub\noutput: "-"\n');
      const typed = place === 'flag' ? ['--key', 'stdout/layercast.pub', '-o', '-'] : ['--config', 'out.yaml'];
      const args = ['fetch', 'acme/firmware', ...typed, '--json', '--interface', 'none-such', '--no-wait'];
      const { code, stdout, stderr } = await runCli(args, { cwd: folder });
      expect([code, stdout]).toEqual([2, '']);
      expect(JSON.parse(stderr)).toMatchObject({ event: 'error', code: 'UNKNOWN_INTERFACE' });
    },
  );

  it.each([[['--key', 'none.pub']], [[]], [['--bogus']]])(
    'writes to standard error what is wrong with flags beside -o -: %j',
    async (typed) => {
      const { code, stdout, stderr } = await runCli(['fetch', 'acme/firmware', ...typed, '-o', '-', '--json'], {
        cwd: folder,
      });
      expect([code, stdout]).toEqual([2, '']);
      expect(JSON.parse(stderr)).toMatchObject({ event: 'error' });
    },
  );

  it('without a command shows what there is, as a wrong use', async () => {
    const { code, stdout, stderr } = await runCli([]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('Usage: layercast');
  });

  it('helps within 80 columns, with an example for every command', async () => {
    for (const args of [
      [],
      ['keygen'],
      ['root'],
      ['verify'],
      ['plan'],
      ['plot'],
      ['config'],
      ['config', 'validate'],
      ['config', 'schema'],
    ]) {
      const { code, stdout, stderr } = await runHere([...args, '--help']);
      expect([code, stderr]).toEqual([0, '']);
      for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
      expect(stdout).toMatch(args[0] === 'config' && args.length === 1 ? /Commands:/ : /Examples?:\n/);
    }
  });

  it('prints the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    expect(await runCli(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });
});

describe('config validate', () => {
  it('sums up a fleet and a receiver file', async () => {
    const { stdout } = await runHere(['config', 'validate', 'good.yaml'], { cwd: folder });
    expect(stdout).toBe('good.yaml: ok: fleet f: 1 object, 1 channel, 1 server\n');
    expect((await runHere(['config', 'validate', config('fleet.yaml')])).stdout).toContain(
      'ok: fleet acme: 2 objects, 23 channels, 2 servers',
    );
    expect((await runHere(['config', 'validate', config('receiver.yaml')])).stdout).toContain('ok: receiver');
  });

  it('prints a line for each fault, as compilers do, and exits with 2', async () => {
    const { code, stdout, stderr } = await runHere(['config', 'validate', 'bad.yaml'], { cwd: folder });
    expect([code, stdout]).toEqual([2, '']);
    const lines = stderr.split('\n');
    expect(lines.filter((line) => line.startsWith('bad')).map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual(
      ['bad.yaml:1:8: fleet:', 'bad.yaml:3:52: objects.a.channels.0.rate:'],
    );
    // Each with its line and a caret under the column.
    expect(lines.slice(1, 3)).toEqual(['    1 | fleet: f g', '      |        ^']);
    expect(lines[4]![lines[5]!.indexOf('^')]).toBe('1');
    expect(lines.slice(6)).toEqual(['']);
  });

  it('reports only the first fault of syntax, because the others follow from it', async () => {
    writeFileSync(join(folder, 'syntax.yaml'), 'fleet: [a\nobjects: {b: }}\n  c: d: e\n');
    const { code, stderr } = await runHere(['config', 'validate', 'syntax.yaml'], { cwd: folder });
    expect([code, stderr.match(/^syntax.yaml:/gm)?.length]).toEqual([2, 1]);
  });

  it('finds fleet.yaml where it is called', async () => {
    mkdirSync(join(folder, 'found'), { recursive: true });
    writeFileSync(join(folder, 'found', 'fleet.yaml'), FLEET);
    for (const command of [['config', 'validate'], ['plan']]) {
      const { code, stdout } = await runCli(command, { cwd: join(folder, 'found') });
      expect([code, stdout]).toEqual([0, expect.stringContaining('fleet f')]);
    }
  });

  it('says that there is no such file, and where it was looked for', async () => {
    const { code, stderr } = await runHere(['config', 'validate', 'none.yaml'], { cwd: folder });
    expect(code).toBe(2);
    expect(stderr).toContain('layercast: no file none.yaml');
    expect(stderr).toContain(folder);
  });
});

describe('config schema', () => {
  it('prints what config/events.schema.json holds', async () => {
    const { stdout } = await runHere(['config', 'schema', 'events']);
    expect(stdout).toBe(readFileSync(config('events.schema.json'), 'utf8'));
  });

  it.each(['fleet', 'receiver', 'agent', 'gateway', 'manager', 'scenario'])(
    'prints what config/%s.schema.json holds',
    async (kind) => {
      const { stdout } = await runHere(['config', 'schema', kind]);
      expect(JSON.parse(stdout)).toEqual(JSON.parse(readFileSync(config(`${kind}.schema.json`), 'utf8')));
      expect(stdout).toBe(readFileSync(config(`${kind}.schema.json`), 'utf8'));
      const [example, schema] =
        kind === 'scenario' ? ['../examples/home.yaml', '../config/scenario'] : [`${kind}.yaml`, kind];
      expect(readFileSync(config(example!), 'utf8')).toContain(
        `# yaml-language-server: $schema=${schema}.schema.json\n`,
      );
    },
  );

  it('prints that of fleets unless told otherwise', async () => {
    expect((await runHere(['config', 'schema'])).stdout).toContain('"layercast fleet"');
  });
});

describe('plan', () => {
  it('shows the size of files that are there, from the folder of the fleet file', async () => {
    writeFileSync(join(folder, 'a.bin'), Buffer.alloc(1_184_000));
    const { code, stdout, stderr } = await runHere(['plan', '--config', join(folder, 'good.yaml')]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('version 1, 1.18 MB, code raptorq, mode several, 1 block\n');
    expect(stdout).toContain('\n  0         1 Mbit/s  925 kbit/s       10.2 s');
  });

  it('with --json prints one object, and one line for an error', async () => {
    const good = await runHere(['plan', '--config', 'good.yaml', '--json'], { cwd: folder });
    expect(JSON.parse(good.stdout)).toMatchObject({
      fleet: 'f',
      objects: [{ object: 'a', file: join(folder, 'a.bin') }],
    });
    const bad = await runHere(['plan', '--config', 'bad.yaml', '--json'], { cwd: folder });
    expect(bad.code).toBe(2);
    expect(bad.stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(JSON.parse(bad.stdout)).toMatchObject({
      event: 'error',
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('bad.yaml:1:8: fleet:'),
    });
    const usage = await runHere(['plan', '--json']);
    expect(JSON.parse(usage.stdout)).toMatchObject({ event: 'error', code: 'USAGE' });
  });
});

describe('plan of offsets', () => {
  const objectOf = (code: string, offsets: string) =>
    `fleet: f\nobjects:\n  a: { file: b.bin, version: 1, code: ${code}, channels: [${offsets}] }\n`;
  const planned = async (text: string) => {
    writeFileSync(join(folder, 'b.bin'), Buffer.alloc(1_184_000));
    writeFileSync(join(folder, 'offsets.yaml'), text);
    return (await runHere(['plan', '--config', 'offsets.yaml'], { cwd: folder })).stdout;
  };

  it('warns of carousels that say the same at the same time, with what it costs', async () => {
    const same = await planned(objectOf('none', '{ rate: 1Mbit, offset: 5% }, { rate: 1Mbit, offset: 5% }'));
    // Both send the whole object, one of them in vain; a third of a round or so apart they share it.
    expect(same).toMatch(/warning: offsets as written cost receivers of channels 0–1 [3-9][0-9]% more time\n/);
    expect(await planned(objectOf('none', '{ rate: 1Mbit, offset: 0% }, { rate: 1Mbit, offset: 50% }'))).not.toContain(
      'warning',
    );
    expect(await planned(objectOf('none', '{ rate: 1Mbit }, { rate: 1Mbit }'))).not.toContain('offsets');
  });

  it('says that they cost nothing with a code', async () => {
    const same = await planned(objectOf('raptorq', '{ rate: 1Mbit, offset: 5% }, { rate: 1Mbit, offset: 5% }'));
    expect(same).toContain('offsets cost nothing');
    expect(same).not.toContain('warning');
  });

  it('draws a ring for each level, or says why it cannot', async () => {
    const svg = join(folder, 'plan.svg');
    const { code, stderr } = await runHere(['plan', '--config', 'good.yaml', '--svg', svg], { cwd: folder });
    expect([code, stderr]).toEqual([0, '']);
    const picture = readFileSync(svg, 'utf8');
    expect(picture).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
    expect(picture).toContain('a, channel 0');
    expect(picture).not.toContain('NaN');
    expect(picture.match(/<circle/g)).toHaveLength(2);
    writeFileSync(join(folder, 'two.yaml'), `${FLEET}servers: { alpha: {}, beta: {} }\n`);
    await runHere(['plan', '--config', 'two.yaml', '--svg', svg], { cwd: folder });
    const two = readFileSync(svg, 'utf8');
    expect([two.includes('>alpha, channel 0<'), two.includes('>beta, channel 0<')]).toEqual([true, true]);
    const nowhere = await runHere(['plan', '--config', 'good.yaml', '--svg', join(folder, 'no', 'plan.svg')], {
      cwd: folder,
    });
    expect(nowhere.code).toBe(2);
    expect(nowhere.stderr).toMatch(/cannot write ".*plan\.svg": there is no such file or directory/);
  });
});

describe('keygen', () => {
  it('makes a pair that signs and verifies; the private one is for its owner alone', async () => {
    const out = join(folder, 'deep', 'keys');
    const { code, stdout } = await runHere(['keygen', '--out', out]);
    expect([code, stdout]).toEqual([0, `${join(out, 'layercast.key')}\n${join(out, 'layercast.pub')}\n`]);
    const privatePem = readFileSync(join(out, 'layercast.key'), 'utf8');
    const publicPem = readFileSync(join(out, 'layercast.pub'), 'utf8');
    expect(privatePem).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    expect(publicPem).toMatch(/^-----BEGIN PUBLIC KEY-----\n/);
    expect(statSync(join(out, 'layercast.key')).mode & 0o777).toBe(0o600);
    const signature = sign(null, Buffer.from('x'), createPrivateKey(privatePem));
    expect(signature.length).toBe(64);
    expect(verify(null, Buffer.from('x'), createPublicKey(publicPem), signature)).toBe(true);
  });

  it('keeps keys that are there, unless forced', async () => {
    const out = join(folder, 'kept');
    await runHere(['keygen', '--out', out]);
    const before = readFileSync(join(out, 'layercast.key'), 'utf8');
    const again = await runHere(['keygen', '--out', out]);
    expect(again.code).toBe(2);
    expect(again.stderr).toMatch(/layercast\.key is already there\n {2}.*--force/);
    expect(readFileSync(join(out, 'layercast.key'), 'utf8')).toBe(before);
    expect((await runHere(['keygen', '--out', out, '--force'])).code).toBe(0);
    expect(readFileSync(join(out, 'layercast.key'), 'utf8')).not.toBe(before);
  });

  it('prints the key of the server on this host as the fleet file has it, and keeps it unless forced', async () => {
    const state = join(folder, 'state of a server');
    const print = (...more: readonly string[]) => runHere(['keygen', '--server', '--state', state, ...more]);
    const { code, stdout } = await print();
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^serverKey: [A-Za-z0-9+/]{43}=\n$/)]);
    expect(statSync(join(state, 'server.key')).mode & 0o777).toBe(0o600);
    expect((await print()).stdout).toBe(stdout);
    expect((await print('--force')).stdout).not.toBe(stdout);
  });

  it('asks for one of --out and --server', async () => {
    for (const args of [[], ['--out', folder, '--server'], ['--out', folder, '--state', folder]]) {
      const { code, stderr } = await runHere(['keygen', ...args]);
      expect([code, stderr]).toEqual([2, expect.stringContaining('--out DIR')]);
    }
  });

  it('when forced writes no key through a link, nor into a file that others may read', async () => {
    const out = mkdtempSync(join(folder, 'linked-'));
    writeFileSync(join(out, 'elsewhere'), 'untouched');
    symlinkSync(join(out, 'elsewhere'), join(out, 'layercast.key'));
    writeFileSync(join(out, 'layercast.pub'), '', { mode: 0o666 });
    expect((await runHere(['keygen', '--out', out, '--force'])).code).toBe(0);
    expect(readFileSync(join(out, 'elsewhere'), 'utf8')).toBe('untouched');
    expect(statSync(join(out, 'layercast.key')).mode & 0o777).toBe(0o600);
  });

  it('says why it cannot write', async () => {
    const { code, stderr } = await runHere(['keygen', '--out', join(folder, 'good.yaml', 'x')]);
    const path = JSON.stringify(join(folder, 'good.yaml', 'x'));
    expect([code, stderr]).toEqual([
      2,
      `layercast: cannot create ${path}: a part of the path is not a directory\n  check the path\n`,
    ]);
  });
});

describe('serve --check', () => {
  it('says whether this host could serve the file, and sends nothing', async () => {
    await runHere(['keygen', '--out', 'check'], { cwd: folder });
    const objects = 'objects:\n  a: { file: a.bin, version: 1, code: none, channels: [{ rate: 1Mbit }] }\n';
    const text = `fleet: f\nkey: layercast.key\n${objects}`;
    writeFileSync(join(folder, 'check', 'fleet.yaml'), text);
    const cwd = join(folder, 'check');
    const missing = await runCli(['serve', '--check'], { cwd });
    expect([missing.code, missing.stdout]).toEqual([2, '']);
    expect(missing.stderr).toMatch(/warning: objects.a.file: no file .*keeps server \S+ from sending/s);
    writeFileSync(join(cwd, 'a.bin'), 'a');
    const whole = await runCli(['serve', 'fleet.yaml', '--check', '--json'], { cwd });
    expect([whole.code, JSON.parse(whole.stdout)]).toEqual([0, expect.objectContaining({ canServe: true })]);
    const other = await runCli(['serve', '--check', '--host', 'nobody'], { cwd });
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining('no server is called "nobody"')]);
  });
});
