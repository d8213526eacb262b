import { describe, expect, it } from 'vitest';
import type { Network } from '../../../dist/base/ports.js';
import { UnreadCount } from '../../../dist/receiver/join/unread.js';
import { batchOf } from '../datagrams.js';

const calls: Pick<Network, 'openSender' | 'join'> = {
  openSender: () => Promise.reject(new Error('not asked for')),
  join: () => Promise.reject(new Error('not asked for')),
};
const lossy = (droppedCount: number) => ({ ...batchOf(), droppedCount });

describe('the count of datagrams that were not read in time', () => {
  it('comes from the network, from the beginning on', () => {
    let dropped = 100;
    const unread = new UnreadCount({ ...calls, dropped: () => dropped });
    dropped = 103;
    unread.note(lossy(0));
    expect([unread.take(), unread.take()]).toEqual([3, 0]);
    dropped = 104;
    expect(unread.take()).toBe(1);
  });

  it('comes from the batches if they have it; the network is then not asked', () => {
    const asked = () => {
      throw new Error('asked');
    };
    const unread = new UnreadCount({ ...calls, capabilities: { hasDropsInBatches: true }, dropped: asked });
    for (const count of [2, 0, 5]) unread.note(lossy(count));
    expect([unread.take(), unread.take()]).toEqual([7, 0]);
  });

  it('is zero if neither batches nor network have it', () => {
    const unread = new UnreadCount(calls);
    unread.note(lossy(0));
    expect(unread.take()).toBe(0);
  });
});
