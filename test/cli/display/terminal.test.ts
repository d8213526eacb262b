import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { progress } from './progress.js';

const SCRIPT = '/usr/bin/script';
const display = fileURLToPath(new URL('../../../dist/cli/display/fetch-display.js', import.meta.url));

/** Shows progress, has its terminal become narrower, waits until it has heard of that, and ends as after Ctrl-C. */
const PROGRAM = `
import { execFileSync } from 'node:child_process';
import { EventEmitter } from 'node:events';
const { FetchDisplay } = await import(${JSON.stringify(display)});
const settings = () => execFileSync('stty', ['-a'], { stdio: ['inherit', 'pipe', 'inherit'], encoding: 'utf8' });
const receiver = new EventEmitter();
const before = settings().replace(/columns \\d+/, '');
const display = new FetchDisplay(process.stderr, 'acme/firmware');
display.follow(receiver);
receiver.emit('progress', ${JSON.stringify(progress)});
process.stderr.once('resize', () => {
  clearTimeout(waiting);
  display.sayKept();
  display[Symbol.dispose]();
  console.log(settings().replace(/columns \\d+/, '') === before ? 'as it was' : 'changed');
});
execFileSync('stty', ['cols', '40'], { stdio: 'inherit' });
const waiting = setTimeout(() => undefined, 20_000);
`;

it.skipIf(!existsSync(SCRIPT))(
  'follows the size of a terminal, and leaves it as it was (skipped without script)',
  () => {
    const program = `stty rows 24 cols 80; "$NODE" --input-type=module -e "$PROGRAM"`;
    const env = { ...process.env, NODE: process.execPath, PROGRAM, TERM: 'xterm', NODE_V8_COVERAGE: '' };
    const text = execFileSync(SCRIPT, ['-qec', program, '/dev/null'], {
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    expect(text).toContain('84 %  42.1 MB of 50 MB  3.4 Mbit/s  19 s left');
    expect(text).toContain('84 %  42.1 MB of 50 MB  3.4 Mbit/s  19…');
    expect(text.trimEnd().split('\r\n').slice(-2)).toEqual([
      expect.stringMatching(/stopped at 84 %: .* are kept; run the same command again to go on$/),
      'as it was',
    ]);
    // Nothing hides the cursor, nor leaves the screen for another.
    expect(text).not.toMatch(/\[\?(25|1049)/);
  },
);
