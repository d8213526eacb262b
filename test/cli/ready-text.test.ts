import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { readyTextFor } from '../../dist/cli/ready-text.js';
import { REGISTRATIONS } from '../../dist/cli/registrations.js';
import { programOf } from '../../dist/cli/run.js';
import { runCli, runHere } from './run-cli.js';

function pathsOf(command: Command, path: readonly string[] = []): readonly (readonly string[])[] {
  return [path, ...command.commands.flatMap((one) => pathsOf(one, [...path, one.name()]))];
}

describe('a text that is ready', () => {
  it('is what the commands themselves print for --help and --version', async () => {
    const paths = pathsOf(programOf(REGISTRATIONS));
    expect(paths.length).toBeGreaterThan(15);
    for (const args of [
      ...paths.flatMap((path) => [
        [...path, '--help'],
        [...path, '-h'],
      ]),
      ['--version'],
      ['-V'],
    ])
      expect([args, readyTextFor(args)]).toEqual([args, (await runHere(args)).stdout]);
  });

  it.each([
    [],
    ['fetch'],
    ['help', 'fetch'],
    ['nothing', '--help'],
    ['fetch', '--version'],
    ['fetch', '--key', '--help'],
    ['--help', 'fetch'],
    ['constructor', '--help'],
  ])('is none for anything else: %s %s %s', (...args) => expect(readyTextFor(args)).toBe(undefined));

  it('comes from the program, which loads the commands for all else', async () => {
    expect(await runCli(['plan', '-h'])).toEqual({ code: 0, stdout: readyTextFor(['plan', '-h']), stderr: '' });
    expect((await runCli(['fetch', '--versions'])).code).toBe(2);
  });
});
