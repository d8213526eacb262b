// Opens an output and prints what came of it as JSON. Argument: the output.
import { argv, stdout } from 'node:process';
import { LayercastError } from '../../dist/base/errors.js';
import { openOutput } from '../../dist/retrieve/output.js';

const outcome = await openOutput(argv[2]!).catch((error: unknown) => {
  if (!(error instanceof LayercastError)) throw error;
  return { code: error.code, message: error.message, hint: error.hint };
});
stdout.write(JSON.stringify(outcome));
