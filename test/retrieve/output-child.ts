// Opens an output and prints what came of it as JSON. Arguments: the output, and "dir" if it is that of a tree.
import { argv, stdout } from 'node:process';
import { LayercastError } from '../../dist/base/errors.js';
import { openOutput } from '../../dist/retrieve/output.js';
import { openTreeOutput } from '../../dist/retrieve/tree/tree-output.js';

const open = argv[3] === 'dir' ? openTreeOutput : openOutput;
const outcome = await open(argv[2]!).catch((error: unknown) => {
  if (!(error instanceof LayercastError)) throw error;
  return { code: error.code, message: error.message, hint: error.hint };
});
stdout.write(JSON.stringify(outcome));
