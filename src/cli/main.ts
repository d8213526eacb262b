#!/usr/bin/env node
import { goOnWithoutOutput } from './lost-output.js';
import { readyTextFor } from './ready-text.js';

const text = readyTextFor(process.argv.slice(2));
if (text === undefined) {
  const [{ REGISTRATIONS }, { run }] = await Promise.all([import('./registrations.js'), import('./run.js')]);
  const end = await run(REGISTRATIONS, process.argv);
  end?.();
} else {
  goOnWithoutOutput();
  process.stdout.write(text);
}
