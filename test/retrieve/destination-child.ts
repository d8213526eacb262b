// Opens the destination of crash-object's object and prints what came of it as JSON. Arguments: output, state directory.
import { argv, stdout } from 'node:process';
import { LayercastError } from '../../dist/base/errors.js';
import { openDestination } from './destinations.js';

const outcome = await openDestination(argv[2]!, argv[3]!).then(
  async (destination) => {
    await destination[Symbol.asyncDispose]();
    return { opened: true };
  },
  (error: unknown) => {
    if (!(error instanceof LayercastError)) throw error;
    return { code: error.code, message: error.message, hint: error.hint };
  },
);
stdout.write(JSON.stringify(outcome));
