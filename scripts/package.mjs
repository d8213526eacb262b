// node scripts/package.mjs FOLDER: makes FOLDER the package, as `npm pack` packs it. Needs a build.
import { resolve } from 'node:path';
import { stagePackage } from './package/stage.mjs';

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error('usage: node scripts/package.mjs FOLDER');
  process.exit(2);
}
await stagePackage(resolve(folder));
