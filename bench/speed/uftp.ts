import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { lastUsageOf } from '../process/usage.js';
import { type Measured, measured } from './measured.js';
import type { Stage } from './stage.js';

/** 8 MB, so that a receiver that is not scheduled for some ms loses nothing. */
const BUFFER = ['-B', '8388608'];
/** UFTP waits this long for registrations before it sends; the sender prints the time of the transfer without it. */
const TIME = /Host: \S+\s+Status: Completed\s+time:\s+([\d.]+) seconds/;

/** One transfer with UFTP, multicast over IPv6 with its own feedback, in blocks of its default size (1300 bytes). */
export async function uftp(stage: Stage, what: string, rateGigabits: number): Promise<Measured> {
  const { bed, folder, sizeBytes } = stage;
  const [alpha, r1] = [bed.host('alpha'), bed.host('r1')];
  const into = join(folder, 'uftp');
  await mkdir(into);
  try {
    const groups = ['-M', 'ff15::99'];
    await using receiver = r1.spawn('uftpd', ['-d', '-D', into, '-I', r1.address, ...BUFFER, ...groups]);
    await bed.joined('r1', 'ff15::99');
    const receiving = lastUsageOf(receiver);
    const rate = ['-R', String(Math.round(rateGigabits * 1e6))];
    const to = ['-I', alpha.address, ...BUFFER, ...groups, '-P', 'ff15::98', '-t', '2'];
    const sender = alpha.spawn('uftp', [...rate, ...to, stage.file]);
    const sending = lastUsageOf(sender);
    await sender.exited;
    const [sent, received] = [await sending.stop(), await receiving.stop()];
    const seconds = Number(TIME.exec(sender.stdout)?.[1] ?? TIME.exec(sender.stderr)?.[1]);
    if (!(seconds > 0))
      throw new Error(`uftp did not complete\n${sender.stdout.slice(-800)}\n${sender.stderr.slice(-800)}`);
    await stage.accept(join(into, 'file'));
    return measured(what, {
      seconds: [seconds],
      sizeBytes,
      sender: { before: undefined, after: sent },
      receivers: [{ before: undefined, after: received }],
    });
  } finally {
    await rm(into, { recursive: true, force: true });
  }
}
