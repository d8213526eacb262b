import { join } from 'node:path';
import { lastUsageOf } from '../process/usage.js';
import { type Measured, measured } from './measured.js';
import type { Stage } from './stage.js';

/** One transfer with udpcast, multicast over IPv4 with its own feedback, as fast as that allows. */
export async function udpcast(stage: Stage, what: string): Promise<Measured> {
  const { bed, folder, sizeBytes } = stage;
  const output = join(folder, 'udpcast');
  const common = ['--nokbd', '--interface', 'eth0'];
  const receiver = bed.host('r1').spawn('udp-receiver', ['--file', output, '--no-progress', ...common]);
  const receiving = lastUsageOf(receiver);
  // The sender begins when it has heard the receiver, which calls again at each hello of the sender.
  const sender = bed.host('alpha').spawn('udp-sender', ['--file', stage.file, '--min-receivers', '1', ...common]);
  const sending = lastUsageOf(sender);
  let began: number | undefined;
  const watch = setInterval(() => {
    if (sender.stderr.includes('Starting transfer')) began ??= performance.now();
  }, 5);
  await Promise.all([sender.exited, receiver.exited]);
  clearInterval(watch);
  const seconds = (performance.now() - (began ?? Number.NaN)) / 1000;
  if (!(seconds > 0)) throw new Error(`udpcast did not begin\n${sender.stderr.slice(-800)}`);
  const [sent, received] = [await sending.stop(), await receiving.stop()];
  await stage.accept(output);
  return measured(what, {
    seconds: [seconds],
    sizeBytes,
    sender: { before: undefined, after: sent },
    receivers: [{ before: undefined, after: received }],
  });
}
