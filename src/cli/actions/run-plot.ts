import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { LayercastError } from '../../base/errors.js';
import { systemError } from '../../base/system-error.js';
import { TransferPlot } from '../../plot/transfer-plot.js';
import { PLOT_OPTIONS } from '../command-options.js';
import { clip } from '../display/table.js';
import { writePicture } from '../display/write-picture.js';
import { settle } from '../settings.js';
import { linesOf } from './log-lines.js';

export interface PlotFlags {
  readonly output: string;
  readonly receiver?: string;
  readonly width?: string;
}

/** Most names of receivers in a message. */
const MAX_NAMES = 8;

/**
 * `layercast plot LOG`: draws a log of `fetch --json` or `simulate --json`.
 *
 * @throws {LayercastError} `LOG_INVALID` when there is nothing to draw, `USAGE`, or the system's reason if a file cannot
 * be read or written.
 */
export async function runPlot(log: string, { output, receiver, width: typedWidth }: PlotFlags): Promise<void> {
  const { width } = settle(PLOT_OPTIONS, { width: typedWidth }, process.env);
  if (log !== '-' && output !== '-' && resolve(log) === resolve(output)) {
    throw new LayercastError('USAGE', `the picture would replace the log ${log}`, {
      hint: 'Name another file with -o',
    });
  }
  const plot = new TransferPlot({ width, receiver });
  const name = log === '-' ? 'standard input' : log;
  const faults = await readLog(log, name, plot);
  if (receiver !== undefined && !plot.receivers.has(receiver) && plot.receivers.size > 0) {
    throw unknownReceiver(name, receiver, plot.receivers);
  }
  if (plot.isEmpty) {
    throw new LayercastError('LOG_INVALID', `nothing to draw in ${name}${faults.first ? `; ${faults.first}` : ''}`, {
      hint: 'Give what "layercast fetch … --json" wrote to standard output',
    });
  }
  if (faults.count > 0) {
    const what = faults.count === 1 ? 'a line was' : `${faults.count} lines were`;
    process.stderr.write(`layercast: ${what} not drawn; ${faults.first}\n`);
  }
  await writePicture(output, plot.toSvg());
}

interface Faults {
  count: number;
  /** The first fault with the number of its line; undefined without faults. */
  first: string | undefined;
}

async function readLog(path: string, name: string, plot: TransferPlot): Promise<Faults> {
  const faults: Faults = { count: 0, first: undefined };
  let number = 0;
  const stream = path === '-' ? process.stdin : createReadStream(path);
  try {
    for await (const lines of linesOf(stream.setEncoding('utf8'))) {
      for (const line of lines) {
        number += 1;
        const fault = line === undefined ? 'too long' : faultOf(line, plot);
        if (fault === undefined) continue;
        faults.count += 1;
        faults.first ??= clip(`line ${number}: ${fault}`, 200);
      }
    }
  } catch (error) {
    throw systemError(error, 'read', name);
  }
  return faults;
}

function faultOf(line: string, plot: TransferPlot): string | undefined {
  if (line.trim() === '') return undefined;
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch {
    return 'not JSON';
  }
  return plot.add(event);
}

function unknownReceiver(name: string, receiver: string, known: ReadonlySet<string>): LayercastError {
  const names = [...known].filter((name) => name !== '').slice(0, MAX_NAMES);
  const more = known.size > names.length ? ', …' : '';
  return new LayercastError('USAGE', `no receiver in ${name} is called "${receiver}"`, {
    hint:
      names.length === 0 ? 'It is the log of one receiver; leave --receiver out' : `one of: ${names.join(', ')}${more}`,
  });
}
