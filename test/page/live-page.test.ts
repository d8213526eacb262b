import { EventEmitter } from 'eventemitter3';
import { expect, it } from 'vitest';
import type { Sender } from '../../dist/create-sender.js';
import { ServerFacts } from '../../dist/metrics/server-facts.js';
import { AgentView } from '../../dist/page/agent-view.js';
import type { LiveState, Past } from '../../dist/page/live-state.js';
import { ServerView } from '../../dist/page/server-view.js';
import { progressOf, receiverView, serve } from './scene.js';

/** The events of a stream, one after the other. */
async function* eventsOf(response: Response): AsyncGenerator<readonly [event: string, data: unknown]> {
  let rest = '';
  for await (const part of response.body!.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + part).split('\n\n');
    rest = blocks.pop()!;
    for (const block of blocks) {
      const [, event, data] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? [];
      if (event !== undefined) yield [event, JSON.parse(data!)];
    }
  }
}

it('tells a page what was before it, and then the state, whole', async () => {
  const { view, receiver, pass } = receiverView();
  receiver.emit('descriptor', { descriptor: { version: 3 } });
  receiver.emit('progress', progressOf(0.25));
  pass(1000);
  receiver.emit('join', { channel: 1, reason: 'level 0 → 2: the link has room', compared: { queueMs: 5 } });
  receiver.emit('join', { channel: 2, reason: 'level 0 → 2: the link has room', compared: { queueMs: 5 } });
  receiver.emit('progress', progressOf(0.5, { capacityBitsPerSecond: null }));
  receiver.emit('warning', { code: 'SILENCE', message: 'channel 1 brings nothing' });
  await using endpoint = await serve(view, 'no announcement has been heard');
  const response = await fetch(`${endpoint.url}/events`);
  const events = eventsOf(response);
  const [, past] = (await events.next()).value as [string, Past];
  const [, state] = (await events.next()).value as [string, LiveState];
  await response.body?.cancel().catch(() => undefined);
  expect(past.histories.firmware).toMatchObject({ level: [2, 2], capacity: [5.1e6, null], queueMs: [18, 18] });
  expect(state).toMatchObject({ name: 'acme', version: '1.2.3', fault: 'no announcement has been heard' });
  expect(state.transfers).toMatchObject([
    {
      ...{ object: 'firmware', version: 3, isComplete: false },
      progress: { bytes: 13.5e6, map: expect.objectContaining({ length: 64 }) },
      decisions: [
        { kind: 'join', channels: [1, 2], reason: 'level 0 → 2: the link has room', compared: { queueMs: 5 } },
      ],
    },
  ]);
  expect(state.notes).toMatchObject([{ text: 'channel 1 brings nothing' }]);
});

it('keeps ten minutes of a transfer, the last decisions, and no more', () => {
  const { view, receiver, pass } = receiverView();
  for (let i = 0; i < 700; i++) {
    pass(1000);
    receiver.emit('progress', progressOf(i / 700, { level: i % 5 }));
    receiver.emit('join', { channel: 0, reason: `reason ${i}` });
    receiver.emit('warning', { code: 'SILENCE', message: `warning ${i}` });
  }
  const { level } = view.past.histories.firmware!;
  expect([level.length, level[0], level.at(-1)]).toEqual([600, 0, 4]);
  const { decisions } = view.state.transfers![0]!;
  expect([decisions.length, decisions.at(-1)!.reason]).toEqual([20, 'reason 699']);
  expect([view.state.notes.length, view.state.notes.at(-1)!.text]).toEqual([20, 'warning 699']);
});

it('takes eight pages at once, and gives the room of those who have gone to others', async () => {
  await using endpoint = await serve(receiverView().view);
  const gone = new AbortController();
  const ask = (signal?: AbortSignal) => fetch(`${endpoint.url}/events`, { signal: signal ?? null });
  const responses = await Promise.all(Array.from({ length: 9 }, () => ask(gone.signal)));
  expect(responses.map(({ status }) => status).sort()).toEqual([...Array(8).fill(200), 503]);
  gone.abort();
  await expect.poll(async () => (await ask()).status).toBe(200);
});

it('tells only programs that name this host, so that no page of the web reads a server of this host', async () => {
  const { view } = receiverView();
  await using endpoint = await serve(view);
  const { request } = await import('node:http');
  const statusFor = (host: string) =>
    new Promise((resolve) => {
      request(`${endpoint.url}/events`, { headers: { host } }, (response) => {
        resolve(response.statusCode);
        response.destroy();
      }).end();
    });
  expect(await statusFor('evil.example')).toBe(403);
  expect(await statusFor('localhost:9464')).toBe(200);
});

it('serves files that may run nothing of elsewhere, packed for those who can unpack', async () => {
  const { view } = receiverView();
  await using endpoint = await serve(view);
  const page = await fetch(`${endpoint.url}/`);
  expect(page.headers.get('content-security-policy')).toMatch(
    /^default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; /,
  );
  expect(page.headers.get('content-encoding')).toBe('gzip');
  const html = await page.text();
  expect(html).toContain('data-role="receiver"');
  expect(html).not.toMatch(/<style|style=|<script(?! type="module" src="page.js")| on[a-z]+=|https?:/);
  const plain = await fetch(`${endpoint.url}/page.js`, { headers: { 'accept-encoding': 'identity' } });
  expect([plain.headers.get('content-encoding'), plain.headers.get('content-type')]).toEqual([
    null,
    'text/javascript; charset=utf-8',
  ]);
  const code = await plain.text();
  expect(code).not.toContain('innerHTML=');
  expect(code.length).toBeLessThan(100_000);
});

it('shows what a server sends and what each channel costs', () => {
  const sender = Object.assign(new EventEmitter(), {
    stats: () => ({
      server: 'alpha',
      objects: Array.from({ length: 150 }, (_, i) => ({
        ...{ object: `object-${i}`, version: 1 },
        channels: [0, 1].map((channel) => ({
          ...{ channel, datagrams: 10, bytes: 12_000, refusedDatagrams: 1, skippedDatagrams: 0, pausedFor: [] },
        })),
      })),
    }),
  });
  const facts = new ServerFacts();
  facts.follow(sender as unknown as Sender);
  const view = new ServerView(facts);
  view.follow(sender as unknown as Sender);
  const channels = [0, 1].map((channel) => ({ channel, rateBitsPerSecond: 1e6 }));
  sender.emit('publish', { object: 'object-0', version: 1, bytes: 5_000, channels });
  sender.emit('network', { object: 'object-0', channel: 1, group: 'ff15::1', failure: 'ENETUNREACH' });
  sender.emit('hashing', { object: 'object-9', bytes: 1, totalBytes: 4 });
  sender.emit('refuse', { object: 'object-7', version: 2, error: new Error('the file is gone') });
  const { sending, notes } = view.state;
  // A page has 200 rows; each channel is one.
  expect([sending!.objects.length, sending!.hiddenCount]).toEqual([100, 50]);
  expect(sending!.objects[0]).toMatchObject({
    bytes: 5_000,
    channels: [
      { bytes: 12_000, rateBitsPerSecond: 1e6, isFailing: false },
      { bytes: 12_000, rateBitsPerSecond: 1e6, isFailing: true },
    ],
  });
  expect(sending!.preparing).toEqual([{ object: 'object-9', share: 0.25 }]);
  expect(notes).toMatchObject([{ text: 'object-7, version 2: the file is gone' }]);
});

it('keeps the histories of the transfers of an agent that were last', () => {
  const agent = Object.assign(new EventEmitter(), { status: () => undefined });
  const view = new AgentView('agent');
  view.follow(agent as never);
  for (let i = 0; i < 40; i++) {
    agent.emit('state', { object: `o${i}`, version: 1, state: 'receiving' });
    agent.emit('progress', { object: `o${i}`, ...progressOf(0.5) });
  }
  agent.emit('received', { object: 'o39' });
  expect(view.state.transfers!.map(({ object }) => object)).toEqual(Array.from({ length: 16 }, (_, i) => `o${39 - i}`));
  expect(view.state.transfers!.map(({ isComplete }) => isComplete).lastIndexOf(true)).toBe(0);
  expect(Object.keys(view.past.histories)).toHaveLength(16);
  expect(view.state.clients).toBeUndefined();
});
