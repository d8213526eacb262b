import { randomBytes } from 'node:crypto';
import { copyFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { blocksOf } from './blocks.js';
import type { World } from './world.js';

/** The folder of the project. */
export const top = fileURLToPath(new URL('../../', import.meta.url));
const files = [
  'README.md',
  ...readdirSync(join(top, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** All blocks of code in the documents. */
export const blocks = files.flatMap((file) => blocksOf(join(top, file), file));

/** Simulations of documents, which need nothing that another line makes. Text after a number sign is a remark. */
export function simulationsOfDocuments(): Set<string> {
  const run = blocks.filter(({ notRun }) => notRun === undefined);
  const lines = run.flatMap(({ code }) => [...code.matchAll(/^layercast simulate .*?(?= *(#.*)?$)/gm)]);
  return new Set(lines.map(([line]) => line));
}

/** The first block of a language in the README. */
export function readmeBlock(language: string): string {
  return blocks.find((block) => block.file === 'README.md' && block.language === language)?.code ?? '';
}

/** Writes the fleet file of the README, and the object's file for a server. A receiver makes that file, so it must be missing. */
export function provideFiles(code: string, world: World): void {
  const [fleet, image] = [join(world.folder, 'fleet.yaml'), join(world.folder, 'firmware.img')];
  writeFileSync(fleet, readmeBlock('yaml'));
  if (/fetch/.test(code))
    for (const name of ['firmware.img', 'maps.bin']) rmSync(join(world.folder, name), { force: true });
  else writeFileSync(image, randomBytes(100_000));
  if (/layercast agent/.test(code)) {
    const agent = { fleet: 'acme', key: 'layercast.pub', subscribe: [{ object: 'firmware', output: 'received.img' }] };
    writeFileSync(join(world.folder, 'agent.yaml'), JSON.stringify(agent));
  }
  if (/layercast gateway/.test(code)) {
    const gateway = { fleet: 'acme', key: 'layercast.pub', objects: ['firmware'] };
    writeFileSync(join(world.folder, 'gateway.yaml'), JSON.stringify(gateway));
  }
  if (/layercast manager/.test(code)) {
    writeFileSync(join(world.folder, 'manager.yaml'), JSON.stringify({ state: 'state', devices: 100 }));
  }
  if (/keygen/.test(code))
    for (const name of ['key', 'pub']) rmSync(join(world.folder, `layercast.${name}`), { force: true });
  else
    for (const name of ['key', 'pub'])
      copyFileSync(join(world.folder, `acme.${name}`), join(world.folder, `layercast.${name}`));
}
