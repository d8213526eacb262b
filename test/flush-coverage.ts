import { takeCoverage } from 'node:v8';
import { afterAll } from 'vitest';

/** Vitest ends its workers without V8's exit hook: write the counters while there is time. */
afterAll(() => takeCoverage());
