import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { TransferPlot } from '../../dist/plot/transfer-plot.js';
import { drawingOf } from './drawing.js';

const read = (name: string) => readFileSync(fileURLToPath(new URL(`former/${name}`, import.meta.url)), 'utf8');

/*
 * Logs in which `level` is the index of the highest channel, with what the version that wrote them drew: of `fetch`; of a
 * simulation with links and cross traffic; of a replicated ladder whose channels are not in the order of their rates, with a
 * crowd; of nine receivers.
 */
it.each(['fetch', 'simulate', 'replicated', 'many'])('the log %s of an older version is drawn as it was', (name) => {
  const plot = new TransferPlot();
  for (const line of read(`${name}.log`).trimEnd().split('\n')) expect(plot.add(JSON.parse(line))).toBeUndefined();
  expect(`${drawingOf(plot.toSvg())}\n`).toBe(read(`${name}.drawing.txt`));
});
