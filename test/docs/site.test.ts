import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const top = fileURLToPath(new URL('../../', import.meta.url));
const text = (path: string) => readFileSync(join(top, path), 'utf8');

/** `npm run docs` itself fails when a link leads nowhere, or a page loads something from another server. */
describe('the site', () => {
  const settings = JSON.parse(text('scripts/site/typedoc.json'));

  it('has all pages of docs/, and the types of what programs import', () => {
    expect(settings.projectDocuments).toContain('../../docs/*.md');
    expect(settings.entryPoints).toEqual(['../../src/index.ts']);
  });

  it('can be reached from the README, page by page', () => {
    const pages = readdirSync(join(top, 'docs')).filter((name) => name.endsWith('.md'));
    const readme = text('README.md');
    expect(pages.filter((name) => !readme.includes(`docs/${name}`))).toEqual([]);
  });

  it('has a heading of its own for each page, by which its search and its list name it', () => {
    const titles = readdirSync(join(top, 'docs'))
      .filter((name) => name.endsWith('.md'))
      .map((name) => /^# (.+)\n/.exec(text(`docs/${name}`))?.[1]);
    expect(titles).not.toContain(undefined);
    expect(new Set(titles).size).toBe(titles.length);
  });

  it('is made by tools with versions that a lock file keeps', () => {
    const lock = JSON.parse(text('scripts/site/package-lock.json'));
    expect(lock.packages[''].devDependencies).toEqual(JSON.parse(text('scripts/site/package.json')).devDependencies);
    expect(JSON.stringify(lock)).not.toContain('"resolved"');
  });
});
