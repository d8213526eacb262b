import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { chdir, cwd } from 'node:process';
import { describe, expect, it } from 'vitest';
import { openOutput } from '../../dist/retrieve/output.js';
import { describeBed } from '../lab/allowed.js';
import { programOf } from '../lab/program-of.js';
import { asOrdinaryUser } from '../store/ordinary-user.js';
import { scratchDirectory } from '../store/scratch.js';

const CHILD = await programOf(new URL('output-child.ts', import.meta.url));
const scratch = realpathSync(await scratchDirectory());
chmodSync(scratch, 0o755);
let folderCount = 0;
function newFolder(mode = 0o777): string {
  const folder = join(scratch, String(folderCount++));
  mkdirSync(folder);
  chmodSync(folder, mode);
  return folder;
}

/** What the output's folder holds, and the content of each file: the same before and after a refusal. */
function seen(folder: string): unknown {
  return readdirSync(folder, { withFileTypes: true }).map((entry) => {
    const path = join(folder, entry.name);
    return entry.isFile() ? [entry.name, readFileSync(path, 'latin1'), statSync(path).ino] : [entry.name];
  });
}

async function expectRefused(output: string, code: string, message: RegExp, hint = /./): Promise<void> {
  const before = seen(dirname(output));
  const error = await openOutput(output).then(
    (found) => expect.fail(`${output} was taken as ${JSON.stringify(found)}`),
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({
    code,
    message: expect.stringMatching(message),
    hint: expect.stringMatching(hint),
  });
  expect(seen(dirname(output))).toEqual(before);
}

/** Whether this user may make files immutable here: root, on most file systems. */
function hasAttributes(): boolean {
  const path = join(newFolder(), 'attributes');
  writeFileSync(path, '');
  return spawnSync('chattr', ['+i', path]).status === 0 && spawnSync('chattr', ['-i', path]).status === 0;
}

/** In user and mount namespaces of its own, after a shell command there. */
function openedAfter(command: string, ...output: readonly string[]): unknown {
  const run = `${command} && exec "$0" "$@"`;
  const { stdout, stderr, status } = spawnSync('unshare', [
    '-Urm',
    'sh',
    '-c',
    run,
    process.execPath,
    CHILD,
    ...output,
  ]);
  expect(status, String(stderr)).toBe(0);
  return JSON.parse(String(stdout));
}

describe('an output', () => {
  it('that does not exist or is an ordinary file is taken, and nothing is left beside it', async () => {
    const folder = newFolder();
    const path = join(folder, 'new');
    expect(await openOutput(path)).toEqual({ path, exists: false });
    writeFileSync(path, 'old');
    expect(await openOutput(path)).toEqual({ path, exists: true });
    chmodSync(path, 0o444);
    expect(await openOutput(`${folder}/./../${basename(folder)}/new`)).toEqual({ path, exists: true });
    expect(seen(folder)).toEqual([['new', 'old', statSync(path).ino]]);
  });

  it('that is no name is refused; "-" can be one', async () => {
    await expectRefused('', 'USAGE', /not a name/);
    await expectRefused(join(newFolder(), 'a\0b'), 'USAGE', /not a name/);
    const before = cwd();
    chdir(newFolder());
    try {
      expect(await openOutput('./-')).toMatchObject({ path: join(cwd(), '-') });
    } finally {
      chdir(before);
    }
  });

  it.each(['', '/', '/.', '/..', '/sub', '/sub/'])('that is a folder, written FOLDER%s, is refused', async (ending) => {
    const folder = newFolder();
    mkdirSync(join(folder, 'sub'));
    await expectRefused(`${folder}${ending}`, 'USAGE', /is a folder/);
  });

  it('that ends in a slash is refused although there is no such folder', async () => {
    await expectRefused(`${newFolder()}/none/`, 'USAGE', /is a folder/);
  });

  it('whose folder is missing, or is a file, is refused', async () => {
    const folder = newFolder();
    await expect(openOutput(join(folder, 'none', 'x'))).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      hint: `Make it first: mkdir -p ${join(folder, 'none')}`,
    });
    writeFileSync(join(folder, 'file'), '');
    await expect(openOutput(join(folder, 'file', 'x'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });

  it('that is a device, a pipe or a socket is refused, also through a link', async () => {
    const folder = newFolder();
    await expect(openOutput('/dev/null')).rejects.toMatchObject({ code: 'USAGE', message: '"/dev/null" is a device' });
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    const server = createServer().listen(join(folder, 'socket'));
    await once(server, 'listening');
    symlinkSync('pipe', join(folder, 'link'));
    await expectRefused(join(folder, 'pipe'), 'USAGE', /pipe" is a pipe/);
    await expectRefused(join(folder, 'socket'), 'USAGE', /is a socket/);
    await expectRefused(join(folder, 'link'), 'USAGE', /is a pipe/);
    server.close();
  });

  it('that is a symbolic link means its target, through several links and folders, whether or not the target exists', async () => {
    const [folder, other] = [newFolder(), newFolder()];
    writeFileSync(join(other, 'target'), 'old');
    symlinkSync(join('..', basename(other), 'target'), join(folder, 'near'));
    symlinkSync('near', join(folder, 'far'));
    symlinkSync(folder, join(other, 'folder'));
    for (const output of [join(folder, 'far'), join(other, 'folder', 'near')]) {
      expect(await openOutput(output)).toEqual({ path: join(other, 'target'), exists: true });
    }
    symlinkSync(join(other, 'missing'), join(folder, 'dangling'));
    expect(await openOutput(join(folder, 'dangling'))).toEqual({ path: join(other, 'missing'), exists: false });
    symlinkSync('none/missing', join(folder, 'nowhere'));
    await expectRefused(join(folder, 'nowhere'), 'FILE_NOT_FOUND', /no folder .*none/);
    symlinkSync('round', join(folder, 'about'));
    symlinkSync('about', join(folder, 'round'));
    await expectRefused(join(folder, 'round'), 'USAGE', /circle/);
  });

  it.each(['.part', '.part.journal', '.part.lock'])(
    'that ends in %s is refused, also through a link',
    async (ending) => {
      const folder = newFolder();
      writeFileSync(join(folder, `x${ending}`), 'precious');
      symlinkSync(`x${ending}`, join(folder, 'link'));
      await expectRefused(join(folder, `x${ending}`), 'USAGE', /not complete/, /without that ending/);
      await expectRefused(join(folder, 'link'), 'USAGE', /not complete/);
    },
  );

  it('whose name leaves no room for the names of the files beside it is refused', async () => {
    const folder = newFolder();
    expect(await openOutput(join(folder, 'x'.repeat(242)))).toMatchObject({ exists: false });
    for (const name of ['x'.repeat(243), 'x'.repeat(255), 'x'.repeat(300), 'ü'.repeat(125)]) {
      await expectRefused(join(folder, name), 'USAGE', /too long/, /shorter/);
    }
  });

  it.each(['.part', '.part.journal'])('is refused when its %s exists and is no ordinary file', async (ending) => {
    const folder = newFolder();
    mkdirSync(join(folder, `folder${ending}`));
    await expectRefused(join(folder, 'folder'), 'NOT_A_FILE', /no ordinary file/, /Remove it/);
    symlinkSync('elsewhere', join(folder, `link${ending}`));
    await expectRefused(join(folder, 'link'), 'NOT_A_FILE', /no ordinary file/);
  });

  it('in a folder without the right to write or to search is refused', async () => {
    for (const mode of [0o555, 0o666, 0o000]) {
      const folder = newFolder();
      writeFileSync(join(folder, 'old'), '');
      chmodSync(folder, mode);
      for (const name of ['old', 'new']) {
        const opened = asOrdinaryUser(() => openOutput(join(folder, name)));
        await expect(opened).rejects.toMatchObject({ code: 'PERMISSION_DENIED', hint: expect.any(String) });
      }
      chmodSync(folder, 0o755);
      expect(readdirSync(folder)).toEqual(['old']);
    }
  });

  it.runIf(process.geteuid?.() === 0)("that is another user's in a sticky folder is refused", async () => {
    const folder = newFolder(0o1777);
    const path = join(folder, 'other');
    writeFileSync(path, 'old', { mode: 0o666 });
    const refused = { code: 'PERMISSION_DENIED', message: expect.stringMatching(/another user.*sticky/) };
    await expect(asOrdinaryUser(() => openOutput(path))).rejects.toMatchObject(refused);
    chownSync(path, 65534, 65534);
    expect(await asOrdinaryUser(() => openOutput(path))).toMatchObject({ exists: true });
  });

  it.runIf(hasAttributes()).each(['i', 'a'])('with the attribute %s is refused', async (attribute) => {
    const folder = newFolder();
    for (const name of ['whole', 'other.part']) {
      const path = join(folder, name);
      writeFileSync(path, 'old');
      execFileSync('chattr', [`+${attribute}`, path]);
      try {
        const output = join(folder, name.replace('.part', ''));
        await expectRefused(output, 'PERMISSION_DENIED', /immutable or append-only/, /chattr -i -a/);
      } finally {
        execFileSync('chattr', [`-${attribute}`, path]);
      }
    }
  });

  it('with a second name is taken: only this name is given to the new file', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'one'), '');
    linkSync(join(folder, 'one'), join(folder, 'two'));
    expect(await openOutput(join(folder, 'two'))).toMatchObject({ exists: true });
  });
});

describeBed(
  'an output in a mount namespace',
  () => {
    it('that is a mount point, or on a read-only file system, is refused', () => {
      const folder = newFolder();
      const path = join(folder, 'a mount');
      writeFileSync(path, 'old');
      writeFileSync(join(folder, 'other'), '');
      expect(openedAfter(`mount --bind "${folder}/other" "${path}"`, path)).toMatchObject({
        code: 'USAGE',
        message: expect.stringContaining('mount point'),
        hint: expect.stringContaining('folder'),
      });
      const readOnly = `mount --bind "${folder}" "${folder}" && mount -o remount,bind,ro "${folder}"`;
      for (const name of ['a mount', 'new']) {
        const opened = openedAfter(readOnly, join(folder, name));
        expect(opened).toMatchObject({ code: 'PERMISSION_DENIED', message: expect.stringContaining('read-only') });
      }
      expect(readdirSync(folder)).toEqual(['a mount', 'other']);
    });

    it('that is a folder with something mounted in it is refused: it would be removed with the former folder', () => {
      const folder = newFolder();
      mkdirSync(join(folder, 'tree/inner'), { recursive: true });
      mkdirSync(join(folder, 'other'));
      const path = join(folder, 'tree');
      expect(openedAfter(`mount --bind "${folder}/other" "${path}/inner"`, path, 'dir')).toMatchObject({
        code: 'USAGE',
        message: `${JSON.stringify(join(path, 'inner'))} is a mount point, which cannot be replaced`,
      });
      expect(openedAfter('true', path, 'dir')).toEqual({ path, exists: true });
    });
  },
  { userNamespace: true },
);
