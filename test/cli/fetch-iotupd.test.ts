import { expect, it } from 'vitest';
import { runHere } from './run-cli.js';

const proof = ['--sha256', 'ab'.repeat(32)];

it.each([
  [['iotupd://[ff15::42]'], 'iotupd signs nothing'],
  [['iotupd://[ff15::42]', ...proof, '--insecure'], 'found both --sha256 and --insecure'],
  [['iotupd://[ff15::42]', '--sha256', 'abc'], '--sha256: not a SHA-256, found "abc"'],
  [['iotupd://[ff15::42]', ...proof, '--key', 'x.pub'], '--key has no effect on iotupd://'],
  [['iotupd://[ff15::42]', ...proof, '--max-rate', '1Mbit'], '--max-rate has no effect on iotupd://'],
  [['iotupd://[fd00::1]:4242', ...proof], '"fd00::1" is not a multicast address'],
  [['iotupd://[ff15::42]:70000', ...proof], 'does not name a group of iotupd'],
  [['iotupd:ff15::42', ...proof], 'does not name a group of iotupd'],
  [['acme/image', '--key', 'x.pub', '--insecure'], '--insecure is only for iotupd://'],
])('fetch %j is refused before anything is opened', async (args, message) => {
  const { code, stderr } = await runHere(['fetch', ...args, '-o', '/nowhere/file']);
  expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
});
