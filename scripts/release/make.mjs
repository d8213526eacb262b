// What a release consists of. Needs a build, whose time is the time of everything here.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { stagePackage } from '../package/stage.mjs';
import { billOfMaterials } from './bill-of-materials.mjs';
import { writeDebianPackage } from './debian-package.mjs';

const top = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Fills a folder: the npm package, the Debian package where `dpkg-deb` is, the bill of materials, the container file, and SHA256SUMS of them all.
 *
 * @param isQuick whether the Debian package need not be small
 * @returns names of the files
 */
export async function makeRelease(folder, isQuick = false) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const staged = mkdtempSync(join(tmpdir(), 'layercast-release-'));
  try {
    const bundled = await stagePackage(staged);
    const { BUILT_S } = await import(pathToFileURL(join(top, 'dist/base/build-time.js')).href);
    const { version } = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8'));
    const options = ['pack', '--silent', '--ignore-scripts', '--pack-destination', resolve(folder)];
    execFileSync('npm', [...options, staged], { stdio: ['ignore', 'ignore', 'inherit'] });
    await writeDebianPackage(staged, folder, BUILT_S, isQuick);
    const bill = billOfMaterials(bundled, BUILT_S);
    writeFileSync(join(folder, `layercast-${version}.cdx.json`), `${JSON.stringify(bill, null, 1)}\n`);
    copyFileSync(join(top, 'config/Containerfile'), join(folder, 'Containerfile'));
  } finally {
    rmSync(staged, { recursive: true });
  }
  const names = readdirSync(folder).sort();
  const sums = names.map((name) => `${sha256(join(folder, name))}  ${name}\n`);
  writeFileSync(join(folder, 'SHA256SUMS'), sums.join(''));
  return [...names, 'SHA256SUMS'];
}

function sha256(path) {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await makeRelease(process.argv[2] ?? join(top, 'release'), process.argv[3] === 'quick');
