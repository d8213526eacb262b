import { afterEach, beforeEach, expect, it, vi } from 'vitest';

/** Runs in browsers, so that no compiled file of its own is made of it. */
const PATH = '../../src/page/browser/event-reader.ts';

interface Reader {
  readEvents(options: {
    readonly url: string;
    readonly headers: object;
    readonly onOpen: () => void;
    readonly onEvent: (event: string) => void;
    readonly onLost: (reason: string) => void;
  }): Promise<never>;
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it('takes a connection that brings nothing for a minute for lost, and makes it again', async () => {
  const { readEvents } = (await import(PATH)) as Reader;
  const told: string[] = [];
  const bodies: ReadableStreamDefaultController<Uint8Array>[] = [];
  vi.stubGlobal('fetch', async (_: string, { signal }: { readonly signal?: AbortSignal } = {}) => {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        bodies.push(controller);
        signal?.addEventListener('abort', () => controller.error(signal.reason));
      },
    });
    return new Response(body);
  });
  void readEvents({
    ...{ url: 'events', headers: {} },
    onOpen: () => told.push('open'),
    onEvent: (event) => told.push(event),
    onLost: (reason) => told.push(reason),
  });
  const say = (text: string) => bodies.at(-1)!.enqueue(Buffer.from(text));
  await vi.advanceTimersByTimeAsync(50_000);
  say('event: state\ndata: {}\n\n');
  await vi.advanceTimersByTimeAsync(50_000);
  say(':\n\n');
  await vi.advanceTimersByTimeAsync(50_000);
  expect(told).toEqual(['open', 'state']);
  await vi.advanceTimersByTimeAsync(15_000);
  expect(told).toEqual(['open', 'state', 'nothing came for a minute', 'open']);
});
