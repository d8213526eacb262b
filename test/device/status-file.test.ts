import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { StatusFile } from '../../dist/device/status-file.js';

const folder = mkdtempSync(join(tmpdir(), 'layercast-status-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('a status file in a folder where nothing can even be looked at is a failure that is told, and no more', async () => {
  // A file in the place of the folder answers as a folder that may not be searched and a disk that fails: not that there is no such file.
  writeFileSync(join(folder, 'run'), '');
  const failures: string[] = [];
  const status = new StatusFile(
    join(folder, 'run', 'status.json'),
    () => ({}),
    (message) => failures.push(message),
  );
  status.change();
  await status.close();
  expect(failures).toEqual([expect.stringContaining('cannot write')]);
});
