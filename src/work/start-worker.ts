import { existsSync } from 'node:fs';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { LayercastError } from '../base/errors.js';

/**
 * Options of Node that decide which modules a program loads and how, or that profile it. Each takes a value, as in `--import tsx`
 * or `--import=tsx`. A thread does not inherit other options: with `--input-type`, `--eval`, `--print` or `--test` it would not run its own
 * file, with `--inspect-brk` it would wait for a debugger, and options of V8 apply to the whole process anyway.
 */
const LOADING = new Set([
  '--import',
  '--loader',
  '--experimental-loader',
  '--require',
  '-r',
  '--conditions',
  '-C',
  // A profile without the threads would show nothing of a transfer.
  '--cpu-prof-dir',
  '--cpu-prof-interval',
]);

/** Options of the same kind that take no value. */
const LOADING_FLAGS = new Set([
  '--cpu-prof',
  '--enable-source-maps',
  '--experimental-strip-types',
  '--experimental-transform-types',
  '--no-experimental-strip-types',
  '--preserve-symlinks',
  '--no-warnings',
]);

/**
 * Starts a worker thread of layercast. It works with any options that Node itself was started with.
 *
 * @param file the worker file, beside that of the caller, with the ending `.js`
 * @throws {LayercastError} `THREAD_LOST` if the file is missing, as in a bundle.
 */
export function startWorker(file: URL, options: WorkerOptions = {}): Worker {
  // If the sources run without a build, the loader finds the `.ts` file.
  if (!existsSync(file) && !existsSync(new URL(file.href.replace(/\.js$/, '.ts')))) {
    throw new LayercastError('THREAD_LOST', `layercast's own file ${file.pathname} is missing`, {
      hint: 'When you bundle a program, leave layercast external, and install it beside the bundle',
    });
  }
  return new Worker(file, { execArgv: inherited(process.execArgv), ...options });
}

/** The options of Node that a thread inherits. */
export function inherited(execArgv: readonly string[]): string[] {
  return execArgv.flatMap((option, index) => {
    if (LOADING_FLAGS.has(option)) return [option];
    const [name = ''] = option.split('=', 1);
    if (!LOADING.has(name)) return [];
    const value = option === name ? execArgv[index + 1] : undefined;
    return option !== name ? [option] : value === undefined ? [] : [option, value];
  });
}
