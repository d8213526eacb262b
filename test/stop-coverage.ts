import { stopCoverage } from 'node:v8';

/** The counters of coverage make simulations take 1.6 times the processor time, and other tests run the same lines. */
stopCoverage();
