import { Command } from 'commander';
import { expect, it, onTestFinished } from 'vitest';
import { onHangup } from '../../dist/cli/actions/on-hangup.js';
import { agent } from '../../dist/cli/commands/agent.js';
import { gateway } from '../../dist/cli/commands/gateway.js';
import { manager } from '../../dist/cli/commands/manager.js';
import { mirror } from '../../dist/cli/commands/mirror.js';
import { serve } from '../../dist/cli/commands/serve.js';

it.each(Object.entries({ serve, agent, gateway, manager, mirror }))(
  '%s outlives SIGHUP from its first moment, while its own modules are loaded',
  async (name, register) => {
    const before = process.listeners('SIGHUP');
    onTestFinished(() => {
      for (const one of process.listeners('SIGHUP')) if (!before.includes(one)) process.removeListener('SIGHUP', one);
    });
    const program = new Command().exitOverride();
    register(program);
    const running = program.parseAsync(['node', 'layercast', name, '--config', '/nowhere/settings.yaml']);
    expect(process.listenerCount('SIGHUP')).toBe(before.length + 1);
    await expect(running).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  },
);

it('one reload runs at a time, and signals in it are followed by one more', async () => {
  const ends: (() => void)[] = [];
  const listener = onHangup(() => new Promise((resolve) => ends.push(resolve)));
  for (let i = 0; i < 3; i++) process.emit('SIGHUP');
  expect(ends).toHaveLength(1);
  ends[0]!();
  await new Promise((resolve) => setImmediate(resolve));
  expect(ends).toHaveLength(2);
  ends[1]!();
  await new Promise((resolve) => setImmediate(resolve));
  listener[Symbol.dispose]();
  process.emit('SIGHUP');
  expect(ends).toHaveLength(2);
});
