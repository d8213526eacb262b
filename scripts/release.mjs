// npm run release: everything that is handed to users, in release/. The same commit gives the same bytes: times are that of the commit, or
// SOURCE_DATE_EPOCH. So it is made twice and compared.
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const top = fileURLToPath(new URL('..', import.meta.url));
process.env.SOURCE_DATE_EPOCH ||= execFileSync('git', ['log', '-1', '--format=%ct'], {
  cwd: top,
  encoding: 'utf8',
}).trim();
await import('./build.mjs');
const { makeRelease } = await import('./release/make.mjs');
const [release, again] = ['release', 'release-again'].map((name) => join(top, name));
const names = await makeRelease(release);
await makeRelease(again);
const [one, other] = [release, again].map((folder) => readFileSync(join(folder, 'SHA256SUMS'), 'utf8'));
rmSync(again, { recursive: true });
if (one !== other) {
  console.error(`made twice, these differ:\n${one}\n${other}`);
  process.exit(1);
}
for (const name of names) console.log(`release/${name}`);
