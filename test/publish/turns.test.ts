import { describe, expect, it } from 'vitest';
import { Turns } from '../../dist/publish/turns.js';
import { HandClock } from './served-rig.js';

/** Turns whose works end when the test ends them. */
function rig() {
  const clock = new HandClock();
  const turns = new Turns(clock);
  const stopping = new AbortController();
  const begun: string[] = [];
  const works = new Map<string, { readonly end: () => void; readonly goOn: () => void }>();
  const run = (path: string, signal = stopping.signal) => {
    const name = path.split('/')[1]!;
    return turns.run(
      { content: 'file', filePath: `/${path}` },
      (goOn) => {
        begun.push(name);
        return new Promise<string>((resolve) => works.set(name, { goOn, end: () => resolve(name) }));
      },
      signal,
    );
  };
  return { clock, turns, stopping, begun, works, run };
}

/** Lets promises settle. */
const settle = () => new Promise(setImmediate);

describe('works that read files', () => {
  it('are done one after the other while they say that they go on', async () => {
    const { clock, begun, works, run } = rig();
    const [first] = [run('x/a'), run('y/b')];
    for (let i = 0; i < 5; i++) {
      await clock.pass(0.9);
      works.get('a')!.goOn();
    }
    expect(begun).toEqual(['a']);
    works.get('a')!.end();
    expect(await first).toBe('a');
    await settle();
    expect(begun).toEqual(['a', 'b']);
  });

  it('do not wait for one whose disk does not answer, except those in its folder', async () => {
    const { clock, begun, works, run } = rig();
    for (const path of ['away/a', 'away/b', 'here/c', 'here/d']) void run(path);
    await clock.pass(1.1);
    expect(begun).toEqual(['a', 'c']);
    works.get('c')!.end();
    await settle();
    expect(begun).toEqual(['a', 'c', 'd']);
    works.get('d')!.end();
    works.get('a')!.end();
    await settle();
    expect(begun).toEqual(['a', 'c', 'd', 'b']);
  });

  it('take three threads at most while disks do not answer', async () => {
    const { clock, begun, run } = rig();
    for (const path of ['w/a', 'x/b', 'y/c', 'z/d']) void run(path);
    await clock.pass(10);
    expect(begun).toEqual(['a', 'b', 'c']);
  });

  it('are calm when only those are left whose disks do not answer', async () => {
    const { clock, turns, works, run } = rig();
    for (const path of ['away/a', 'away/b', 'here/c']) void run(path);
    let isCalm = false;
    const calm = turns.calm().then(() => (isCalm = true));
    await clock.pass(1.1);
    expect(isCalm).toBe(false);
    works.get('c')!.end();
    await calm;
  });

  it('are waited for no more after the signal, and keep their turn until they have ended', async () => {
    const { clock, turns, stopping, begun, works, run } = rig();
    const waiting = [run('away/a'), run('away/b')];
    const later = run('away/c', new AbortController().signal);
    stopping.abort(new Error('stopped'));
    for (const one of waiting) await expect(one).rejects.toThrow('stopped');
    await clock.pass(3);
    expect(begun).toEqual(['a']);
    let hasEnded = false;
    const ended = turns.ended().then(() => (hasEnded = true));
    await settle();
    expect(hasEnded).toBe(false);
    works.get('a')!.end();
    await ended;
    expect(begun).toEqual(['a', 'c']);
    works.get('c')!.end();
    expect(await later).toBe('c');
  });
});
