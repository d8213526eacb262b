// A worker file whose calls do what the tests of Thread and Pool need.
import { parentPort } from 'node:worker_threads';
import { LayercastError } from '../../dist/base/errors.js';
import { moving } from '../../dist/work/calls.js';
import { serveCalls } from '../../dist/work/serve-calls.js';

let answeredCount = 0;

serveCalls((data) => {
  if (data === 'refuse to start') throw new Error('no such data');
  return {
    echo: (value) => value,
    data: () => data,
    count: () => ++answeredCount,
    later: async (value) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return value;
    },
    fill: (bytes) => moving(bytes.fill(7), bytes),
    fail: ({ code, hint }) => {
      throw new LayercastError(code, 'it failed as asked', { hint });
    },
    trip: () => {
      throw new TypeError('not expected');
    },
    answerWithFunction: () => () => 1,
    exit: (code) => process.exit(code),
    exitLater: (code) => {
      setTimeout(() => process.exit(code), 10);
    },
    crash: () => {
      setImmediate(() => {
        throw new RangeError('out of the blue');
      });
      return new Promise(() => undefined);
    },
    never: () => new Promise(() => undefined),
    eatMemory: () => {
      const eaten = [];
      for (;;) eaten.push(new Array(100_000).fill({}));
    },
    stopListening: () => {
      parentPort.close();
      return new Promise(() => undefined);
    },
  };
});
