import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { writeKeyPair } from '../../dist/cli/actions/key-pair.js';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** All that a process writes to standard error, and a wait for the next of its lines with `what`. */
function listenTo(child: ChildProcess) {
  let [text, seen] = ['', 0];
  child.stderr!.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  const next = async (what: RegExp): Promise<string> => {
    for (;;) {
      const found = what.exec(text.slice(seen));
      if (found !== null) {
        seen += found.index + found[0].length;
        return found[0];
      }
      if (child.exitCode !== null) throw new Error(text);
      await new Promise((resolve) => child.stderr!.once('data', resolve));
    }
  };
  return next;
}

it('a gateway reads its file again on SIGHUP, and keeps to the one before if it cannot work by it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'layercast-gateway-'));
  const taken = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => {
    taken.close();
    rmSync(folder, { recursive: true });
  });
  await writeKeyPair(folder, false);
  const path = join(folder, 'gateway.yaml');
  const write = (more: object) => {
    const settings = { fleet: 'acme', key: 'layercast.pub', objects: ['**'], folder: 'kept', listen: '127.0.0.1:0' };
    writeFileSync(path, JSON.stringify({ ...settings, state: 'state', interface: 'none0', ...more }));
  };
  write({});
  const child = spawn(process.execPath, [MAIN, 'gateway', '--config', path], { stdio: ['ignore', 'ignore', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const next = listenTo(child);
  const address = async () => (await next(/objects at \S+/)).slice('objects at '.length);
  const first = await address();
  await next(/none0/);
  write({ objekts: ['**'] });
  child.kill('SIGHUP');
  await next(/the old settings stay: .*gateway\.yaml:1:\d+: objekts/);
  expect((await fetch(first)).status).toBe(200);
  // Only the gateway that should begin with it finds that the address is taken.
  write({ listen: `127.0.0.1:${(taken.address() as AddressInfo).port}` });
  child.kill('SIGHUP');
  await next(/the old settings stay: cannot serve objects/);
  expect((await fetch(await address())).status).toBe(200);
  write({ folder: 'other' });
  child.kill('SIGHUP');
  expect((await fetch(await address())).status).toBe(200);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  expect(await ended).toBe(143);
});
