import { describe, expect, it } from 'vitest';
import { AnnouncementLoop } from '../../../dist/sender/announce/announcement-loop.js';

/** A record of so many pieces. */
const recordOf = (name: string, pieceCount: number) => [
  Array.from({ length: pieceCount }, (_, piece) => Buffer.from(`${name} ${piece}`)),
];

const sentBy = (loop: AnnouncementLoop, count: number) =>
  Array.from({ length: count }, () => Buffer.from(loop.take()!).toString());

describe('the announcements of one channel', () => {
  it('send a record to its end though it changes all the time, and give the others their turns', () => {
    const loop = new AnnouncementLoop();
    loop.put('short', recordOf('short', 1));
    const sent: string[] = [];
    for (let change = 0; change < 30; change++) {
      loop.put('long', recordOf(`long ${change}`, 5));
      sent.push(...sentBy(loop, 2));
    }
    expect(sent.filter((piece) => piece === 'short 0').length).toBeGreaterThan(5);
    const ends = sent.flatMap((piece, at) => (piece.endsWith(' 4') ? [sent.slice(at - 4, at + 1)] : []));
    expect(ends.length).toBeGreaterThan(5);
    for (const pieces of ends) {
      expect(pieces).toEqual(recordOf(pieces[0]!.replace(/ 0$/, ''), 5)[0]!.map(String));
    }
  });

  it('send nothing more of a record that is withdrawn', () => {
    const loop = new AnnouncementLoop();
    loop.put('long', recordOf('long', 5));
    expect(sentBy(loop, 2)).toEqual(['long 0', 'long 1']);
    loop.delete('long');
    expect(loop.take()).toBeUndefined();
    loop.put('long', recordOf('new', 2));
    expect(sentBy(loop, 2)).toEqual(['new 0', 'new 1']);
  });

  it('send each of several lists in turn', () => {
    const loop = new AnnouncementLoop();
    loop.put('turns', [...recordOf('a', 1), ...recordOf('b', 2)]);
    loop.put('other', recordOf('other', 1));
    const sent = sentBy(loop, 10);
    const turns = sent.filter((piece) => !piece.startsWith('other'));
    expect(turns.slice(0, 6)).toEqual(['a 0', 'b 0', 'b 1', 'a 0', 'b 0', 'b 1']);
  });
});
