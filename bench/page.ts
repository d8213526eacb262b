import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { CHROMIUM, Chromium, type Tab } from '../test/page/chromium.js';
import { ManagedDevices, nameOf } from '../test/page/scene.js';
import { table } from './table.js';

const DEVICES = 1_000;
/** Devices that change in a second: all of a fleet within five. */
const CHANGES = 200;
const MEASURED_MS = 10_000;

/** The weight of the page, the time until it shows something, and its frames on a manager of a thousand devices, beside those of an empty page. */
export async function run(): Promise<Record<string, unknown>> {
  if (CHROMIUM === undefined) throw new Error('there is no Chromium here');
  const manager = new ManagedDevices(DEVICES);
  await using http = await manager.serve();
  await using browser = await Chromium.start();
  const empty = await framesOf(await browser.open('about:blank'), '');
  const tab = await browser.open(`${http.url}/`);
  await tab.textWith(`${DEVICES.toLocaleString('en')} of`);
  let i = 0;
  const changing = setInterval(() => {
    manager.change(nameOf(i++ % DEVICES), ['receiving', 'verified', 'applying', 'applied'][i % 4]!);
  }, 1000 / CHANGES);
  const busy = await framesOf(
    tab,
    `place.scrollTop = (place.scrollTop + 40) % (place.scrollHeight - place.clientHeight)`,
  );
  clearInterval(changing);
  const firstMs = await tab.evaluate<number>(`performance.getEntriesByName('first-contentful-paint')[0].startTime`);
  const figures = { ...weights(), firstPictureMs: Math.round(firstMs), empty, page: busy };
  console.log(
    `${figures.bytes} bytes, packed ${figures.packedBytes}; first picture after ${figures.firstPictureMs} ms`,
  );
  const rows = Object.keys(empty) as (keyof Frames)[];
  console.log(
    table(rows, [
      { title: 'figure', cell: (name) => name },
      { title: 'empty page', cell: (name) => empty[name] },
      { title: `${DEVICES} devices`, cell: (name) => busy[name] },
    ]),
  );
  return figures;
}

interface Frames {
  readonly framesPerSecond: number;
  readonly medianMs: number;
  readonly p99Ms: number;
  /** Processor time of the thread of the page, not of those that draw. */
  readonly processorMsPerFrame: number;
}

/** @param step what somebody does in each frame with the list, `place` */
async function framesOf(tab: Tab, step: string): Promise<Frames> {
  await tab.send('Performance.enable', { timeDomain: 'threadTicks' });
  const beforeS = await processorS(tab);
  const measured = await tab.evaluate<number[]>(`new Promise((resolve) => {
    const frames = [];
    const place = document.querySelector('.devices');
    const start = performance.now();
    let last = start;
    const frame = (now) => {
      frames.push(now - last);
      last = now;
      ${step};
      if (now < start + ${MEASURED_MS}) requestAnimationFrame(frame);
      else resolve(frames);
    };
    requestAnimationFrame(frame);
  })`);
  const frames = measured.slice(1).sort((a, b) => a - b);
  const at = (share: number) => Math.round(10 * frames[Math.floor(share * (frames.length - 1))]!) / 10;
  return {
    framesPerSecond: (1000 * frames.length) / MEASURED_MS,
    medianMs: at(0.5),
    p99Ms: at(0.99),
    processorMsPerFrame: (1000 * ((await processorS(tab)) - beforeS)) / frames.length,
  };
}

async function processorS(tab: Tab): Promise<number> {
  const { metrics } = await tab.send('Performance.getMetrics');
  return (metrics as { name: string; value: number }[]).find(({ name }) => name === 'TaskDuration')!.value;
}

function weights() {
  const files = ['page.html', 'page.css', 'page.js'].map((name) =>
    readFileSync(new URL(`../dist/page/assets/${name}`, import.meta.url)),
  );
  const sum = (sizes: readonly number[]) => sizes.reduce((all, one) => all + one, 0);
  return {
    bytes: sum(files.map(({ length }) => length)),
    packedBytes: sum(files.map((file) => gzipSync(file).length)),
  };
}
