import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { fleetFile } from '../../dist/cli/fleet-file.js';

it('takes the argument, else the flag, else the variable', () => {
  const environment = { LAYERCAST_CONFIG: 'c.yaml' };
  expect(fleetFile('a.yaml', undefined, environment)).toBe('a.yaml');
  expect(fleetFile(undefined, 'b.yaml', environment)).toBe('b.yaml');
  expect(fleetFile(undefined, undefined, environment)).toBe('c.yaml');
});

it('finds the file in XDG_CONFIG_HOME if none is named, and says where it looked if none is there', () => {
  const folder = mkdtempSync(join(tmpdir(), 'layercast-config-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const environment = { XDG_CONFIG_HOME: folder };
  const path = join(folder, 'layercast', 'fleet.yaml');
  expect(() => fleetFile(undefined, undefined, environment)).toThrow(
    expect.objectContaining({
      code: 'USAGE',
      message: expect.stringContaining(`./fleet.yaml, ${path}, /etc/layercast/`),
    }),
  );
  mkdirSync(join(folder, 'layercast'));
  writeFileSync(path, '');
  expect(fleetFile(undefined, undefined, environment)).toBe(path);
});
