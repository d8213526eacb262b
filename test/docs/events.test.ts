import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { RECEIVER_WARNINGS } from '../../dist/events/fetch-events.js';
import { IOTUPD_WARNINGS } from '../../dist/events/iotupd-events.js';
import { withTables } from './event-tables.js';

const path = fileURLToPath(new URL('../../docs/events.md', import.meta.url));
const page = readFileSync(path, 'utf8');

it('docs/events.md has every event and field as src/events declares them', async () => {
  expect(page.match(/^<!-- end -->$/gm)).toHaveLength(8);
  await expect(withTables(page)).toMatchFileSnapshot(path);
});

it('docs/events.md has every code of warnings', () => {
  const codes = [...page.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, code]) => code);
  expect([...new Set(codes)].toSorted()).toEqual([...new Set([...RECEIVER_WARNINGS, ...IOTUPD_WARNINGS])].toSorted());
});
