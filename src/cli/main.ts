#!/usr/bin/env node
import { goOnWithoutOutput } from './lost-output.js';
import { readyTextFor } from './ready-text.js';

const text = readyTextFor(process.argv.slice(2));
if (text === undefined) {
  const [{ REGISTRATIONS }, { run }] = await Promise.all([import('./registrations.js'), import('./run.js')]);
  const interrupted = await run(REGISTRATIONS, process.argv);
  if (interrupted !== undefined) {
    const { endBy } = await import('./interrupt.js');
    endBy(interrupted);
  }
} else {
  goOnWithoutOutput();
  process.stdout.write(text);
}
