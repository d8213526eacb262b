import { describe, expect, it } from 'vitest';
import { Reloads } from '../../dist/publish/reloads.js';

/** Reloads whose runs end when the test ends them. */
function rig() {
  const runs: { readonly end: (error?: unknown) => void; readonly superseded: AbortSignal }[] = [];
  const reloads = new Reloads((superseded) => {
    return new Promise<void>((resolve, reject) => {
      runs.push({ superseded, end: (error) => (error === undefined ? resolve() : reject(error)) });
    });
  });
  return { reloads, runs };
}

/** Lets promises settle. */
const turn = () => new Promise(setImmediate);

describe('reloads', () => {
  it('never run twice at once; requests during a run share one run after it', async () => {
    const { reloads, runs } = rig();
    const settled: string[] = [];
    const note = (name: string) => (promise: Promise<void>) =>
      promise.then(
        () => settled.push(name),
        (error: Error) => settled.push(`${name}: ${error.message}`),
      );
    void note('first')(reloads.request());
    await turn();
    for (const name of ['second', 'third', 'fourth']) void note(name)(reloads.request());
    await turn();
    expect(runs).toHaveLength(1);
    runs[0]!.end();
    await turn();
    expect([runs.length, settled]).toEqual([2, ['first']]);
    void note('fifth')(reloads.request());
    runs[1]!.end(new Error('a fault'));
    await turn();
    expect([runs.length, settled]).toEqual([3, ['first', 'second: a fault', 'third: a fault', 'fourth: a fault']]);
    runs[2]!.end();
    await turn();
    expect([settled.at(-1), reloads.isRunning]).toEqual(['fifth', false]);
  });

  it('settle with the next run if a run ends early because of it', async () => {
    const { reloads, runs } = rig();
    const first = reloads.request();
    await turn();
    expect(runs[0]!.superseded.aborted).toBe(false);
    const second = reloads.request();
    runs[0]!.end(runs[0]!.superseded.reason);
    await turn();
    runs[1]!.end(new Error('a fault'));
    await expect(first).rejects.toThrow('a fault');
    await expect(second).rejects.toThrow('a fault');
  });

  it('say whether another run follows the one under way', async () => {
    const { reloads, runs } = rig();
    const isWaiting = [reloads.isWaiting];
    void reloads.request();
    await turn();
    isWaiting.push(reloads.isWaiting);
    void reloads.request();
    isWaiting.push(reloads.isWaiting);
    runs[0]!.end();
    await turn();
    isWaiting.push(reloads.isWaiting);
    runs[1]!.end();
    await turn();
    isWaiting.push(reloads.isWaiting);
    expect(isWaiting).toEqual([false, false, true, false, false]);
  });
});
