import { type BarPanel, barPicture } from '../bars.js';
import type { Measured } from './measured.js';

const PANELS: readonly BarPanel<Measured>[] = [
  { title: 'Goodput, Gbit/s (longer is better)', parts: [{ name: 'goodput', of: (run) => run.goodputGigabits }] },
  {
    title: 'Processor seconds for a gigabyte (shorter is better)',
    parts: [
      { name: 'sender', of: (run) => run.sendCpuSeconds },
      { name: 'receiver', of: (run) => run.receiveCpuSeconds },
    ],
  },
];

/** Bars of goodput and of processor time, one for each way to transfer the file, as SVG. */
export function speedPicture(title: string, runs: readonly Measured[]): string {
  return barPicture(
    title,
    runs.map((run) => ({ name: run.what, row: run })),
    PANELS,
  );
}
