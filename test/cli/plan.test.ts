import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runHere } from './run-cli.js';

it('a picture that cannot be written does not cost the plan', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'layercast-plan-'));
  try {
    const fleet = 'fleet: f\nkey: k\nobjects:\n  a: { file: a.img, version: 1, channels: [{ rate: 1Mbit }] }\n';
    writeFileSync(join(folder, 'fleet.yaml'), fleet);
    const { code, stdout, stderr } = await runHere(['plan', '--svg', 'none/plan.svg'], { cwd: folder });
    expect([code, stdout]).toEqual([2, expect.stringContaining('object a')]);
    expect(stderr).toContain('cannot write "none/plan.svg"');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
