#!/usr/bin/env node
import { config } from './commands/config.js';
import { keygen } from './commands/keygen.js';
import { plan } from './commands/plan.js';
import { run } from './run.js';

/** In the order of the help text. */
await run([keygen, plan, config], process.argv);
