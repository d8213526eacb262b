// npm run release: everything that is handed to users, in release/. The same commit gives the same bytes: times are that of the commit, or
// SOURCE_DATE_EPOCH.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const top = fileURLToPath(new URL('..', import.meta.url));
process.env.SOURCE_DATE_EPOCH ||= execFileSync('git', ['log', '-1', '--format=%ct'], {
  cwd: top,
  encoding: 'utf8',
}).trim();
await import('./build.mjs');
const { makeRelease } = await import('./release/make.mjs');
for (const name of await makeRelease(join(top, 'release'))) console.log(`release/${name}`);
