import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const text = (path: string) => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');
const page = text('docs/operations.md');

/** The rows of the page's table that follows this text, up to the next empty line. */
function tableAfter(start: string): string {
  const rows = page.slice(page.indexOf(start)).split('\n\n')[1]!;
  expect(rows).toMatch(/^\| event /);
  return rows;
}

/** The members of an interface in a source. */
function membersOf(path: string, name: string): readonly string[] {
  const body = text(path)
    .split(new RegExp(`export interface ${name}\\b[^{]*\\{\\n`))[1]!
    .split('\n}')[0]!;
  return [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, member]) => member!);
}

describe('the tables of events in docs/operations.md', () => {
  it.each([
    ['With `--json`, `fetch` prints', 'src/receiver/events.ts', 'ReceiverEvents'],
    ['`serve --json` prints', 'src/publish/events.ts', 'SenderEvents'],
  ])('have every event of those that begin "%s"', (start, path, name) => {
    const table = tableAfter(start);
    const events = [...membersOf(path, name), 'error'];
    expect(events.length).toBeGreaterThan(7);
    expect(events.filter((event) => !new RegExp(`^\\| [^|]*\`${event}\``, 'm').test(table))).toEqual([]);
  });

  it.each([
    ['`complete`', 'src/receiver/events.ts', ['CompleteEvent', 'ReceiverStats']],
    ['`progress`', 'src/receiver/events.ts', ['ProgressEvent']],
    ['`listening`', 'src/receiver/events.ts', ['ListeningEvent']],
    ['`publish`', 'src/publish/events.ts', ['PublishEvent']],
    ['`network`', 'src/publish/events.ts', ['NetworkEvent']],
  ])('have every field of %s', (event, path, names) => {
    const row = page.split('\n').find((line) => line.startsWith(`| ${event} |`))!;
    const fields = names.flatMap((name) => membersOf(path, name));
    expect(fields.filter((field) => !row.includes(`\`${field}\``))).toEqual([]);
  });
});
