// The folder of the package: what package.json names in `files`, with dist/ as users get it: one bundle without unused code, one file of types.
import { chmodSync, copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { writeBundle } from './bundle.mjs';
import { writeDeclarations } from './declarations.mjs';
import { licenceText } from './licences.mjs';

const top = fileURLToPath(new URL('../..', import.meta.url));
const built = join(top, 'dist');

/**
 * Fills a folder with all that `npm pack` needs there. Needs a build.
 *
 * @returns folders of the packages that are in the bundle
 */
export async function stagePackage(folder) {
  const packages = await stageDist(join(folder, 'dist'));
  const { files } = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8'));
  const carried = files.filter((name) => name !== 'dist' && !name.startsWith('!'));
  for (const name of ['package.json', 'README.md', 'LICENSE', ...carried])
    cpSync(join(top, name), join(folder, name), { recursive: true });
  for (const name of readdirSync(join(folder, 'config')).filter((each) => each.endsWith('.schema.json')))
    writeOnOneLine(join(folder, 'config', name));
  return packages;
}

/** Editors read schemas, and people do not: without their line breaks, those of the package take 1.3 kB less of its 620. */
function writeOnOneLine(path) {
  writeFileSync(path, `${JSON.stringify(JSON.parse(readFileSync(path, 'utf8')))}\n`);
}

/** Fills a folder with `dist/` of the package. @returns folders of the packages that are in the bundle */
export async function stageDist(dist) {
  rmSync(dist, { recursive: true, force: true });
  for (const folder of ['bundle', 'cli']) mkdirSync(join(dist, folder), { recursive: true });
  const { BUILT_S } = await import(pathToFileURL(join(built, 'base/build-time.js')).href);
  // The page has one that the program does not load.
  const packages = [...(await writeBundle(join(dist, 'bundle'), BUILT_S)), join(top, 'node_modules/uplot')].sort();
  await writeDeclarations(built, dist);
  copyFileSync(join(built, 'cli/ready-texts.json'), join(dist, 'bundle/ready-texts.json'));
  cpSync(join(built, 'page/assets'), join(dist, 'bundle/assets'), { recursive: true });
  cpSync(join(built, 'man'), join(dist, 'man'), { recursive: true });
  writeFileSync(join(dist, 'licences.txt'), licenceText(packages));
  writeFileSync(join(dist, 'index.js'), "export * from './bundle/index.js';\n");
  writeFileSync(join(dist, 'cli/main.js'), "#!/usr/bin/env node\nimport '../bundle/main.js';\n");
  for (const name of ['cli/main.js', 'bundle/main.js']) chmodSync(join(dist, name), 0o755);
  return packages;
}
