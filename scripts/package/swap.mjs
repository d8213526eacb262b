// For `npm pack` in a clone: dist/ as users get it takes the place of dist/ as tests need it, and goes again afterwards. A build mends what an
// interrupted `npm pack` leaves, because only the readable dist/ has the stamp that scripts/prepare.mjs looks for.
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stageDist } from './stage.mjs';

const top = fileURLToPath(new URL('../..', import.meta.url));
const [dist, readable, packed] = ['dist', 'dist-readable', 'dist-packed'].map((name) => join(top, name));

if (process.argv[2] === 'in') {
  await stageDist(packed);
  rmSync(readable, { recursive: true, force: true });
  renameSync(dist, readable);
  renameSync(packed, dist);
} else if (existsSync(readable)) {
  rmSync(dist, { recursive: true, force: true });
  renameSync(readable, dist);
}
