import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runHere } from './run-cli.js';

const folder = mkdtempSync(join(tmpdir(), 'layercast-root-'));
afterAll(() => rmSync(folder, { recursive: true }));

const run = (line: string) => runHere(line.split(' '), { cwd: folder });
async function shown(line: string) {
  const { code, stdout, stderr } = await run(`${line} --json`);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return JSON.parse(stdout);
}

beforeAll(async () => {
  await Promise.all(['a', 'b', 'c'].map((name) => run(`keygen --out ${name}`)));
  writeFileSync(join(folder, 'firmware.img'), 'firmware');
  writeFileSync(
    join(folder, 'fleet.yaml'),
    'fleet: acme\nobjects:\n  firmware: { file: firmware.img, version: 1, channels: [{ rate: 1Mbit }], expires: 30d }\n',
  );
}, 30_000);

describe('layercast root', () => {
  it('begins a root with a key in both roles, valid for 400 days once the key has signed', async () => {
    const { versions, draft } = await shown(
      'root add a/layercast.pub --root one.root --fleet acme --key a/layercast.key',
    );
    expect(draft).toBeNull();
    expect(versions).toHaveLength(1);
    const [{ roles, keys, signers, created, expires }] = versions;
    const role = { keyIds: [keys[0].keyId], threshold: 1 };
    expect(roles).toEqual({ release: role, announce: role });
    expect(signers).toEqual([keys[0].keyId]);
    expect(Date.parse(expires) - Date.parse(created)).toBe(400 * 86_400_000);
  });

  it('keeps a version as a draft until enough keys of the version before and of its own have signed', async () => {
    await shown('root add a/layercast.pub --root two.root --fleet acme --key a/layercast.key');
    const before = readFileSync(join(folder, 'two.root'), 'utf8');
    const drafted = await shown('root add b/layercast.pub --root two.root --role release --threshold 2');
    expect(drafted.versions).toHaveLength(1);
    expect(
      drafted.draft.missing.map(({ version, count }: { version: number; count: number }) => [version, count]),
    ).toEqual([
      [1, 1],
      [2, 2],
    ]);
    expect(readFileSync(join(folder, 'two.root'), 'utf8').startsWith(before)).toBe(true);
    const waiting = await run('verify two.root --key two.root');
    expect([waiting.code, waiting.stderr]).toEqual([
      4,
      expect.stringContaining(
        'version 2, a draft, does not follow from version 1: too few keys signed it; until enough do, version 1 counts',
      ),
    ]);
    expect((await shown('root sign --root two.root --key b/layercast.key')).draft.missing).toHaveLength(2);
    expect((await shown('root sign --root two.root --key a/layercast.key')).versions).toHaveLength(2);
    expect((await run('verify two.root --key a/layercast.pub')).code).toBe(0);
    const stranger = await run('verify two.root --key c/layercast.pub');
    expect(stranger.code).toBe(4);
    expect(stranger.stderr).toContain('version 2 does not follow from version 0: too few keys signed it');
  }, 30_000);

  it('replaces a key in all its roles, and renews the dates alone', async () => {
    await shown('root add a/layercast.pub --root three.root --fleet acme --key a/layercast.key');
    const { versions } = await shown(
      'root rotate a/layercast.pub c/layercast.pub --root three.root --key a/layercast.key c/layercast.key',
    );
    expect(versions[1].keys).toHaveLength(1);
    expect(versions[1].roles.release.keyIds).toEqual([versions[1].keys[0].keyId]);
    expect(versions[1].keys[0].keyId).not.toBe(versions[0].keys[0].keyId);
    const renewed = await shown('root rotate --root three.root --key c/layercast.key --expires 30d');
    expect(renewed.versions[2].roles).toEqual(versions[1].roles);
    expect(Date.parse(renewed.versions[2].expires) - Date.parse(renewed.versions[2].created)).toBe(30 * 86_400_000);
  }, 30_000);

  it.each([
    ['root add a/layercast.pub --root new.root', 'new.root is a new root: it needs a key and the name of its fleet'],
    ['root add b/layercast.pub --root one.root', 'unclear which role to change'],
    ['root add b/layercast.pub --root one.root --role boss', '--role: not a role, found "boss"'],
    ['root add --root one.root --role release --threshold 2', 'the role release has 1 keys, so 2 cannot sign'],
    ['root add b/layercast.pub --root one.root --role release --threshold x', '--threshold: not usable, found "x"'],
    ['root rotate --root one.root --expires soon', '--expires: not usable, found "soon"'],
    ['root remove a/layercast.pub --root one.root', 'would have 0 of the 1 keys'],
    ['root remove b/layercast.pub --root one.root', 'has none of the roles'],
    ['root show --root fleet.yaml', 'fleet.yaml is not a root file'],
    ['root show --root absent.root', 'no file'],
  ])('refuses %s with exit code 2', async (line, message) => {
    const { code, stdout, stderr } = await run(line);
    expect(stderr).toContain(message);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});

describe('layercast root show', () => {
  it('shows many keys in 80 columns', async () => {
    const root = `${'a-long-folder/'.repeat(3)}of-many.root`;
    mkdirSync(join(folder, dirname(root)), { recursive: true });
    for (const name of ['d', 'e']) await run(`keygen --out ${name}`);
    await shown(`root add a/layercast.pub --root ${root} --fleet ${'f'.repeat(40)} --key a/layercast.key`);
    for (const name of ['b', 'c', 'd', 'e'])
      await shown(`root add ${name}/layercast.pub --root ${root} --role root,release --key a/layercast.key`);
    await shown(`root add --root ${root} --role root --threshold 4`);
    const lines = (await run(`root show --root ${root}`)).stdout.split('\n');
    expect(lines[0]).toBe(root);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect(lines.join(' ').match(/[0-9a-f]{16}/g)!.length).toBeGreaterThan(12);
  });
});

describe('layercast sign and verify', () => {
  it('collect the signatures of several people in one record, and say when there are enough', async () => {
    await shown('root add a/layercast.pub --root four.root --fleet acme --key a/layercast.key');
    await shown(
      'root add b/layercast.pub --root four.root --role release --threshold 2 --key a/layercast.key b/layercast.key',
    );
    const { stdout } = await run('sign fleet.yaml --key a/layercast.key --out records --state state');
    const path = stdout.trim();
    const alone = await run(`verify ${path} --key four.root --json`);
    expect(alone.code).toBe(4);
    expect(alone.stderr).toContain(
      'version 1 was signed by 1 of the 2 release keys that version 2 of the root asks for',
    );
    const [line, error] = alone.stdout
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text));
    expect(line).toMatchObject({ record: 'descriptor', object: 'firmware', version: 1, holds: false });
    expect(error.code).toBe('ROLE_REFUSED');
    await run('sign --config fleet.yaml --key b/layercast.key --out records --state state');
    const both = await run(`verify ${path} --key four.root --json`);
    expect(both.stderr).toBe('');
    expect(JSON.parse(both.stdout)).toMatchObject({ holds: true, reason: null });
    expect(JSON.parse(both.stdout).signers).toHaveLength(2);
    // The same person signs again: a new record, with a new date, and none of the earlier signatures.
    await run('sign --config fleet.yaml --key a/layercast.key --out records --state state');
    expect((await run(`verify ${path} --key four.root`)).code).toBe(4);
  }, 30_000);

  it('say so when a file is no record', async () => {
    const { code, stderr } = await run('verify firmware.img --key a/layercast.pub');
    expect(code).toBe(4);
    expect(stderr).toContain('firmware.img is not a signed record');
  });
});
