#!/usr/bin/env node
import { REGISTRATIONS } from './registrations.js';
import { run } from './run.js';

await run(REGISTRATIONS, process.argv);
