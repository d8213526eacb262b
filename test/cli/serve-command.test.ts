import { Command } from 'commander';
import { expect, it, onTestFinished } from 'vitest';
import { serve } from '../../dist/cli/commands/serve.js';

it('serve outlives SIGHUP from its first moment, while its own modules are loaded', async () => {
  const before = process.listeners('SIGHUP');
  onTestFinished(() => {
    for (const one of process.listeners('SIGHUP')) if (!before.includes(one)) process.removeListener('SIGHUP', one);
  });
  const program = new Command().exitOverride();
  serve(program);
  const running = program.parseAsync(['node', 'layercast', 'serve', '--config', '/nowhere/fleet.yaml', '--json']);
  expect(process.listenerCount('SIGHUP')).toBe(before.length + 1);
  await expect(running).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
});
