import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { rules } from '../imports.js';

const top = fileURLToPath(new URL('../../', import.meta.url));
const text = (path: string) => readFileSync(join(top, path), 'utf8');
const pages = [
  'README.md',
  'CHANGELOG.md',
  ...readdirSync(join(top, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** Paths of this project that a page names, such as `src/rate/pacer.ts` or `test/lab/`. A `*` is not looked up. */
function pathsIn(page: string): readonly string[] {
  const paths = text(page).matchAll(/(?<![\w./-])(?:src|test|bench|config|examples|scripts|docs)\/[\w./*-]*/g);
  return [...paths].map(([path]) => path.replace(/[.]$/, '').replace(/[^/]*\*.*$/, ''));
}

/** Links to other pages and headings: `[path, anchor]`, empty where the link has none. */
function linksIn(page: string): readonly (readonly [string, string])[] {
  const links = text(page).matchAll(/\]\((?!https?:)([^)#\s]*)#?([^)\s]*)\)/g);
  return [...links].map(([, path, anchor]) => [path!, anchor!] as const);
}

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(page: string): readonly string[] {
  const headings = text(page).matchAll(/^#+ (.+)$/gm);
  return [...headings].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replace(/ /g, '-'),
  );
}

describe.each(pages)('%s', (page) => {
  it('names only files and folders that exist', () => {
    expect(pathsIn(page).filter((path) => !existsSync(join(top, path)))).toEqual([]);
  });

  it('links only to pages and headings that exist', () => {
    const broken = linksIn(page).filter(([path, anchor]) => {
      const target = path === '' ? page : join(dirname(page), path);
      if (!existsSync(join(top, target))) return true;
      return anchor !== '' && !anchorsOf(target).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  it('has a line of dashes below the first row of each table, so no blank line cuts a table in two', () => {
    const tables = text(page)
      .split(/\n(?!\|)/)
      .map((part) => part.split('\n').filter((line) => line.startsWith('|')))
      .filter(([first]) => first !== undefined);
    expect(tables.filter(([, second]) => !/^\|[ :|-]+\|$/.test(second ?? '')).map(([first]) => first)).toEqual([]);
  });
});

describe('the glossary', () => {
  it('gives only names that the sources have', () => {
    const sources = readdirSync(join(top, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => text(`src/${name}`))
      .join('\n');
    const words = new Set(sources.match(/[\w-]+/g));
    const cells = [...text('docs/glossary.md').matchAll(/^\|.*\| ([^|]*) \|$/gm)].map(([, cell]) => cell!);
    const names = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name!));
    expect(names.length).toBeGreaterThan(50);
    const unknown = names.filter(
      (name) => !/[/]|[.]ts$/.test(name) && !name.split('.').every((word) => words.has(word)),
    );
    expect(unknown).toEqual([]);
  });
});

describe('the table of layers in docs/architecture.md', () => {
  it('says what test/imports.ts allows', () => {
    const rows = [...text('docs/architecture.md').matchAll(/^\|[^|]*\| `src\/([\w]+)\/` \|[^|]*\|([^|]*)\|$/gm)];
    const said = rows.map(([, folder, allowed]) => [
      folder,
      [...allowed!.matchAll(/`(\w+)`/g)].map(([, name]) => name),
    ]);
    const folders = Object.entries(rules).filter(([entry]) => !entry.endsWith('.ts'));
    const allowed = folders.map(([folder, rule]) => [folder, rule === 'anything' ? [] : rule.folders]);
    expect(Object.fromEntries(said)).toEqual(Object.fromEntries(allowed));
  });
});
