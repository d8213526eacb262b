import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { jsonSchemaOf } from '../../../dist/cli/json/json-schema.js';
import { type CommandEntry, commandTree } from '../../../dist/cli/manual/command-tree.js';
import { completionFor } from '../../../dist/cli/manual/completion.js';
import { manualPages } from '../../../dist/cli/manual/manual-page.js';
import { REGISTRATIONS } from '../../../dist/cli/registrations.js';
import { programOf } from '../../../dist/cli/run.js';
import { SCHEMA_KINDS, SHELLS } from '../../../dist/cli/words.js';

const tree = commandTree(programOf(REGISTRATIONS));
const commands = tree.commands.flatMap((entry) => [entry, ...entry.commands]);

describe('completion', () => {
  const completed = (...words: readonly string[]) => {
    const script = `${completionFor('bash', tree)}
COMP_WORDS=(layercast ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}; _layercast
printf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).trim().split('\n');
  };

  it.each([
    [['ser'], ['serve']],
    [['serve', '--met'], ['--metrics']],
    [['config', 'va'], ['validate']],
    [['config', 'validate', '--st'], ['--strict']],
    [['fetch', 'acme/firmware', '--max'], ['--max-rate']],
    [['--ver'], ['--version']],
    [['completion', ''], SHELLS],
    [['config', 'schema', ''], SCHEMA_KINDS],
    [['config', 'schema', 'ga'], ['gateway']],
    [
      ['fetch', 'acme/firmware', '--mode', ''],
      ['auto', 'best', 'several'],
    ],
    [['root', 'add', '--role', 'a'], ['announce']],
    [['help', 'sig'], ['sign']],
    [
      ['cache', ''],
      ['show', 'clean', '--help', '-h'],
    ],
  ])('of bash knows what follows %j', (words, expected) => {
    expect(completed(...words)).toEqual(expected);
  });

  it.each([
    [['plan', 'fleet']],
    [['plan', '']],
    [['serve', '--key', '']],
    [['fetch', 'acme/firmware', '-o', '']],
    [['serve', '--config', '-']],
  ])('of bash completes files after %j, where no command or flag fits', (words) => {
    expect(completed(...words)).toEqual(['']);
    expect(completionFor('bash', tree)).toContain('complete -o default');
  });

  it.each(['zsh', 'fish'])(
    'of %s has every command and flag, and is right for that shell where it is installed',
    (shell) => {
      const script = completionFor(shell, tree);
      for (const { path, flags } of commands) {
        expect(script).toContain(path.at(-1));
        for (const { long } of flags)
          expect(script).toContain(shell === 'fish' ? ` -l ${long!.slice(2)}` : `'${long}:`);
      }
      const folder = mkdtempSync(join(tmpdir(), 'layercast-completion-'));
      writeFileSync(join(folder, 'script'), script);
      const { error, status, stderr } = spawnSync(shell, ['-n', join(folder, 'script')], { encoding: 'utf8' });
      rmSync(folder, { recursive: true });
      if (error === undefined) expect([status, stderr]).toEqual([0, '']);
    },
  );

  const WORDS = [
    [['completion', ''], SHELLS],
    [
      ['config', ''],
      ['validate', 'schema'],
    ],
    [['config', 'schema', ''], SCHEMA_KINDS],
    [
      ['fetch', 'acme/firmware', '--mode', ''],
      ['auto', 'best', 'several'],
    ],
    [
      ['help', ''],
      ['serve', 'fetch'],
    ],
  ] as const;

  it('of zsh offers the words of arguments and flags, where zsh is installed', ({ skip }) => {
    for (const [words, expected] of WORDS) {
      // What zsh has only while somebody types: its functions print what they are given.
      const script = `compdef() { : }; _files() { : }
_describe() { print -l -- "\${(@)\${(@P)3}%%:*}" }; compadd() { shift; print -l -- "$@" }
${completionFor('zsh', tree)}
words=(layercast ${words.map((word) => `'${word}'`).join(' ')}); CURRENT=$#words; _layercast`;
      const { error, stdout, stderr } = spawnSync('zsh', ['-fc', script], { encoding: 'utf8' });
      if (error !== undefined) skip('zsh is not installed');
      expect([stderr, stdout.trim().split('\n')]).toEqual(['', expect.arrayContaining([...expected])]);
    }
  });

  it('of fish offers the words of arguments and flags, where fish is installed', ({ skip }) => {
    for (const [words, expected] of WORDS) {
      const script = `${completionFor('fish', tree)}\ncomplete -C 'layercast ${words.join(' ')}'`;
      const { error, stdout, stderr } = spawnSync('fish', ['-Nc', script], { encoding: 'utf8' });
      if (error !== undefined) skip('fish is not installed');
      const offered = stdout
        .trim()
        .split('\n')
        .map((line) => line.split('\t')[0]);
      expect([stderr, offered]).toEqual(['', expect.arrayContaining([...expected])]);
      // No files beside words.
      expect(offered).not.toContain('package.json');
    }
  });

  it('offers for config schema what it takes', async () => {
    for (const kind of SCHEMA_KINDS) expect(await jsonSchemaOf(kind)).toHaveProperty('$schema');
  });

  it('refuses other shells and names those that there are', () => {
    expect(() => completionFor('tcsh', tree)).toThrow(
      expect.objectContaining({ code: 'USAGE', hint: 'bash, zsh or fish' }),
    );
  });
});

describe('manual pages', () => {
  const pages = manualPages(tree, { version: '1.2.3', date: '2026-01-31' });
  const plain = (page: string) => page.replaceAll('\\-', '-').replaceAll('\\e', '\\');

  it('are one for the program and one for each command, with every flag and example', () => {
    expect(pages.size).toBe(1 + tree.commands.length);
    for (const entry of commands) {
      const page = plain(pages.get(`layercast-${entry.path[1]}.1`)!);
      for (const { written } of entry.flags) expect(page).toContain(`\n.B ${written}\n`);
      for (const example of examplesOf(entry)) expect(page).toContain(`\n${example}\n`);
    }
    expect(plain(pages.get('layercast.1')!)).toContain('\n.SH EXIT STATUS\n0 done;');
  });

  it('have prose as notes, not among the examples', () => {
    const page = plain(pages.get('layercast-keygen.1')!);
    const [, notes, examples] = page.split(/\n\.SH (?:NOTES|EXAMPLES)\n/);
    expect(notes).toMatch(/^A server that holds the private key [\s\S]*\n\.PP\nA content key is a secret/);
    expect(examples).toMatch(/^\.nf\nlayercast keygen --out keys\n/);
  });

  it('please groff where it is installed', () => {
    const input = [...pages.values()].join('');
    const { error, stderr } = spawnSync('groff', ['-man', '-Tutf8', '-ww', '-z'], { input, encoding: 'utf8' });
    if (error === undefined) expect(stderr).toBe('');
  });

  it('are built, and named in package.json', () => {
    const { man } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
    expect(man.toSorted()).toEqual([...pages.keys()].map((name) => `./dist/man/${name}`).toSorted());
    for (const path of man) {
      expect(readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')).toContain('.SH NAME');
    }
  });
});

function examplesOf({ after }: CommandEntry): readonly string[] {
  return after
    .split('\n')
    .filter((line) => line.startsWith('  layercast '))
    .map((line) => line.trim());
}
