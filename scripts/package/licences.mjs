// The licences of packages whose code the bundle has.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @param folders folders of packages
 * @returns one text: each package with its version, the name of its licence, and the licence
 * @throws if a package does not say what its licence is
 */
export function licenceText(folders) {
  return `layercast contains code of these packages.\n\n${folders.map(licenceOf).join('\n')}`;
}

function licenceOf(folder) {
  const { name, version, license, author } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  if (license === undefined) throw new Error(`${name} does not say what its licence is`);
  const file = readdirSync(folder).find((one) => /^licen[cs]e\b/i.test(one));
  // Old packages have no such file.
  const text =
    file === undefined ? `Author: ${author?.name ?? author}` : readFileSync(join(folder, file), 'utf8').trim();
  return `${'-'.repeat(80)}\n${name} ${version} (${license})\n\n${text}\n`;
}
