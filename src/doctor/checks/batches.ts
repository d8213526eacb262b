import { type Judgement, note, ok } from '../finding.js';
import type { HostFacts } from '../host-facts.js';

/** Whether many datagrams go through one system call, and what of it this kernel lacks. */
export function batches({ platform, batches: { whyNot, isRefused, lacks } }: HostFacts): readonly Judgement[] {
  if (whyNot === undefined && lacks.length === 0) return [ok('datagrams are sent and received in batches (koffi)')];
  const why = 'Everything works, at a higher cost of processor time, which matters above some 100 Mbit/s.';
  if (whyNot === undefined) return [note(`batches do without ${lacks.join(', ')}`, why, 'Use a newer kernel')];
  const remedy = isRefused
    ? 'Leave LAYERCAST_NET out'
    : platform === 'linux'
      ? 'npm install koffi, where layercast is installed'
      : undefined;
  return [note(`datagrams are sent and received one by one: ${whyNot}`, why, remedy)];
}
