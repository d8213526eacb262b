import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const top = fileURLToPath(new URL('../../', import.meta.url));

describe('the package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'layercast-pack-'));
  const root = join(folder, 'package');
  beforeAll(() => {
    execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: top, stdio: 'ignore' });
    const archive = readdirSync(folder).find((name) => name.endsWith('.tgz'))!;
    execFileSync('tar', ['-xzf', join(folder, archive), '-C', folder]);
    symlinkSync(join(top, 'node_modules'), join(folder, 'node_modules'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('has no maps, tests or benchmarks', () => {
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' });
    expect(files.filter((name) => /[.]map$|^(src|test|bench|scripts)\b/.test(name))).toEqual([]);
  });

  it('has everything that the library and the command line load', () => {
    const workers = readdirSync(join(top, 'dist'), { recursive: true, encoding: 'utf8' })
      .filter((name) => /(engine|symbols|retrieve)\/[a-z]+-(thread|worker)\.js$/.test(name))
      .map((name) => `dist/${name}`);
    expect(workers.length).toBeGreaterThanOrEqual(5);
    const names = ['dist/index.js', 'dist/index.d.ts', 'dist/cli/main.js', ...workers];
    const starts = names.map((name) => join(root, name));
    const reached = new Set(starts);
    for (const file of reached) {
      const text = readFileSync(file, 'utf8');
      for (const [, name = ''] of text.matchAll(/\b(?:from|import) ?\(? ?["'](\.[^"']+\.js)["']/g)) {
        const path = join(dirname(file), file.endsWith('.d.ts') ? name.replace(/js$/, 'd.ts') : name);
        expect([file.slice(root.length), name, existsSync(path)]).toEqual([file.slice(root.length), name, true]);
        reached.add(path);
      }
    }
    expect(reached.size).toBeGreaterThan(100);
  });

  it('runs: its commands, and a program that imports it', () => {
    const run = (...args: readonly string[]) => execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
    const { version } = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8'));
    expect(run('dist/cli/main.js', '--version')).toBe(`${version}\n`);
    expect(run('dist/cli/main.js', 'config', 'validate', 'config/receiver.yaml')).toContain('ok: receiver');
    const program = "import { createReceiver } from 'layercast'; console.log(typeof createReceiver)";
    expect(run('--input-type=module', '-e', program)).toBe('function\n');
  });
});
