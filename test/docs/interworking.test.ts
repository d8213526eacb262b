import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const test = fileURLToPath(new URL('..', import.meta.url));
const page = readFileSync(join(test, '../docs/interworking.md'), 'utf8');
const rows = page.split('\n').filter((line) => /^\|.*\| `[\w/-]+\.test\.ts`: /.test(line));

it('the page on other systems names tests that exist, and recipes that it has', () => {
  expect(rows.length).toBeGreaterThanOrEqual(15);
  const anchors = [...page.matchAll(/^#+ (.+)$/gm)].map(([, title]) => anchorOf(title!));
  for (const row of rows) {
    const [, , recipe, tried] = row.split('|').map((cell) => cell.trim());
    for (const [, anchor] of recipe!.matchAll(/\(#([^)]+)\)/g)) expect(anchors).toContain(anchor);
    const [, file, titles] = /^`([^`]+)`: (.+)$/.exec(tried!)!;
    const text = readFileSync(join(test, file!), 'utf8');
    for (const title of titles!.split('; ')) expect([row, text.includes(title)]).toEqual([row, true]);
  }
});

/** The anchor that sites of Markdown make of a title. */
function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\w -]/g, '')
    .replaceAll(' ', '-');
}
