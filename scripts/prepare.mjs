// Makes a fresh clone ready: installs what package-lock.json names if that has not been done, then builds if a source
// is newer than the last build. Costs some 50 ms when there is nothing to do.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const top = fileURLToPath(new URL('..', import.meta.url));
const stamp = join(top, 'dist', '.built');

if (modified('package-lock.json') > modified('node_modules/.package-lock.json')) {
  // Not `npm ci`, which refuses a lock file that lacks packages made only for other systems; `--no-save` keeps to the lock file.
  run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error']);
}
if (!process.argv.includes('--install-only') && newest() > modified('dist/.built')) {
  run(process.execPath, [join(top, 'scripts', 'build.mjs')]);
}

function newest() {
  const sources = readdirSync(join(top, 'src'), { recursive: true }).map((name) => join('src', name));
  return Math.max(
    ...[...sources, 'tsconfig.json', 'package-lock.json', 'scripts/build.mjs', 'scripts/bundle.mjs'].map(modified),
  );
}

function modified(path) {
  const absolute = join(top, path);
  return existsSync(absolute) ? statSync(absolute).mtimeMs : absolute === stamp ? -1 : 0;
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: top, stdio: ['ignore', 'inherit', 'inherit'] });
  if (error) console.error(`${command}: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}
