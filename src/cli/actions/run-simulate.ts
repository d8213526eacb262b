import { basename } from 'node:path';
import { TransferPlot } from '../../plot/transfer-plot.js';
import { loadScenario } from '../../scenario/load-scenario.js';
import { simulate } from '../../simulate/index.js';
import type { SimulationEvent } from '../../simulate/run/simulation-events.js';
import { SIMULATE_OPTIONS } from '../command-options.js';
import { canRenew } from '../display/live-lines.js';
import { summaryText } from '../display/simulation-text.js';
import { checkPicturePath, writePicture } from '../display/write-picture.js';
import { interruptible } from '../interrupt.js';
import { printResult } from '../json/print-event.js';
import { settle } from '../settings.js';

/** Time between two updates of the line that shows how far the simulation is. */
const DISPLAY_INTERVAL_MS = 200;

export interface SimulateFlags {
  readonly seed?: string;
  readonly svg?: string;
  readonly json?: boolean;
}

/**
 * `layercast simulate SCENARIO.yaml`: prints events as JSON lines on stdout, or a summary for people; draws a picture if one is
 * asked for.
 *
 * @throws {LayercastError} `CONFIG_INVALID`, `FILE_NOT_FOUND`, `USAGE`, …
 */
export async function runSimulate(path: string, flags: SimulateFlags): Promise<void> {
  const { seed } = settle(SIMULATE_OPTIONS, { seed: flags.seed }, process.env);
  const scenario = await loadScenario(path, seed === undefined ? undefined : String(seed));
  if (flags.svg !== undefined) await checkPicturePath(flags.svg);
  const startMs = performance.now();
  await interruptible(async (signal) => {
    using display = new Display(process.stderr, scenario.durationUs / 1000);
    const plot = flags.svg === undefined ? undefined : new TransferPlot({ title: `Simulation of ${basename(path)}` });
    const onEvent = (event: SimulationEvent) => {
      plot?.add(event);
      if (flags.json) printResult(`${JSON.stringify(event)}\n`);
      else display.show(event.atMs);
    };
    const summary = await simulate(scenario, { onEvent, signal });
    display.erase();
    if (!flags.json) printResult(summaryText(summary, performance.now() - startMs));
    // A picture that can no longer be written does not cost the result.
    if (flags.svg !== undefined && plot !== undefined) await writePicture(flags.svg, plot.toSvg());
  });
}

/** Shows on one line of a terminal how far the simulation is. Writes nothing where lines cannot be renewed. */
class Display {
  readonly #stream: NodeJS.WriteStream;
  readonly #durationMs: number;
  #shownMs = 0;

  constructor(stream: NodeJS.WriteStream, durationMs: number) {
    this.#stream = stream;
    this.#durationMs = durationMs;
  }

  show(atMs: number): void {
    if (!canRenew(this.#stream) || performance.now() - this.#shownMs < DISPLAY_INTERVAL_MS) return;
    this.#shownMs = performance.now();
    // ECMA-48: goes to the first column and clears the line.
    this.#stream.write(`\r\x1b[K${Math.floor(atMs / 1000)} s of ${Math.round(this.#durationMs / 1000)} s`);
  }

  erase(): void {
    if (this.#shownMs > 0) this.#stream.write('\r\x1b[K');
    this.#shownMs = 0;
  }

  [Symbol.dispose](): void {
    this.erase();
  }
}
