// From the commands themselves: manual pages, dist/man/layercast.1 and one page for each command, and the texts of --help and --version.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** @param dist the folder that the compiler has filled @param builtS time of the build, Unix time */
export async function writeManual(dist, builtS) {
  const load = (file) => import(pathToFileURL(join(dist, 'cli', file)).href);
  const [
    { programOf },
    { REGISTRATIONS },
    { commandTree },
    { manualPages },
    { version },
    { readyTexts },
    { READY_FILE },
  ] = await Promise.all(
    [
      'run.js',
      'registrations.js',
      'manual/command-tree.js',
      'manual/manual-page.js',
      'version.js',
      'manual/help-texts.js',
      'ready-text.js',
    ].map(load),
  );
  const date = new Date(builtS * 1000).toISOString().slice(0, 10);
  const pages = manualPages(commandTree(programOf(REGISTRATIONS)), { version: version(), date });
  mkdirSync(join(dist, 'man'), { recursive: true });
  for (const [name, page] of pages) writeFileSync(join(dist, 'man', name), page);
  writeFileSync(join(dist, 'cli', READY_FILE), JSON.stringify(readyTexts(programOf(REGISTRATIONS), version())));
}
