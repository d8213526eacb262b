import { expect, it } from 'vitest';
import { runHere } from './run-cli.js';

it('doctor names flags in its remedies, not options of the library', async () => {
  const { code, stdout } = await runHere(['doctor', '--interface', 'eth77']);
  const text = stdout.replace(/\s+/g, ' ');
  expect([code, text]).toEqual([1, expect.stringContaining('name another with --interface (')]);
  expect(text).not.toContain('the option');
});
