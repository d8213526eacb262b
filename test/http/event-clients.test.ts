import { EventEmitter } from 'eventemitter3';
import { expect, it } from 'vitest';
import { EventClients } from '../../dist/http/event-clients.js';
import { LivePage } from '../../dist/page/live-page.js';

/** A response whose client takes nothing while `isSlow`. */
class FakeResponse extends EventEmitter {
  readonly texts: string[] = [];
  writableLength = 0;
  isSlow = false;
  isDestroyed = false;

  writeHead(): void {}
  setTimeout(): void {}
  write(text: string): void {
    this.texts.push(text);
    if (this.isSlow) this.writableLength += text.length;
  }
  destroy(): void {
    this.isDestroyed = true;
    this.emit('close');
  }
}

it('leaves a slow client out of states, but ends it before it misses what nobody may miss', () => {
  using clients = new EventClients(2);
  const [slow, quick] = [new FakeResponse(), new FakeResponse()];
  for (const one of [slow, quick]) clients.add(one as never);
  slow.isSlow = true;
  for (let i = 0; i < 3; i++) clients.offer('state', { i });
  expect([slow.texts.length, quick.texts.length]).toEqual([2, 4]);
  expect(quick.texts.at(-1)).toBe('event: state\ndata: {"i":2}\n\n');
  const text = 'x'.repeat(600_000);
  for (let i = 0; i < 3; i++) clients.tell('device', { text });
  expect([slow.isDestroyed, quick.isDestroyed, clients.count]).toEqual([true, false, 1]);
  expect(clients.add(new FakeResponse() as never)).toBe(true);
  expect(clients.add(new FakeResponse() as never)).toBe(false);
});

it('samples states only while a page looks', () => {
  let readCount = 0;
  const view = {
    role: 'agent' as const,
    past: { histories: {} },
    get state() {
      readCount++;
      return { name: 'acme', notes: [] };
    },
  };
  using page = new LivePage(view, { version: '1', fault: () => undefined, isLocal: false });
  expect([page.isWatched, readCount]).toEqual([false, 0]);
  const response = new FakeResponse();
  expect(page.add({}, response as never)).toBeUndefined();
  expect([page.isWatched, readCount]).toEqual([true, 1]);
  response.destroy();
  expect(page.isWatched).toBe(false);
});
