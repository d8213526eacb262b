import { describe, expect, test } from 'vitest';
import { Code, codeText } from '../../dist/coap/code.js';
import { encodeMessage, type Message } from '../../dist/coap/message.js';
import { OptionNumber, Options, textOptions, uintOption } from '../../dist/coap/options.js';
import { CoapFault, type CoapRequest, type CoapResponse } from '../../dist/coap/request.js';
import type { CoapReply, CoapResource, CoapSite } from '../../dist/coap/site.js';
import { Prng } from '../../dist/simulate/random/prng.js';
import { Wire } from './wire.js';

const HERE = { address: 'fd00::1', port: 5683 };
const THERE = { address: 'fd00::2', port: 4000 };

const text = (payload: string): CoapReply => ({ code: Code.content, payload: Buffer.from(payload), contentFormat: 0 });

/** A site of resources by their paths. */
function siteOf(resources: Readonly<Record<string, CoapResource>>): CoapSite {
  return {
    links: () => Object.keys(resources).map((path) => ({ target: `/${path}`, attributes: { rt: 'test' } })),
    find: (path) => resources[path.join('/')],
  };
}

const shown = ({ code, payload }: CoapResponse) => `${codeText(code)} ${Buffer.from(payload).toString()}`;
const faultOf = async (work: Promise<unknown>) => ((await work.catch((fault: unknown) => fault)) as CoapFault).kind;
const get = (path: string): CoapRequest => ({ method: 'GET', path: path.split('/') });
const noneMore = { onNotification: () => undefined, onEnd: () => undefined };

describe('requests', () => {
  test('are answered in the acknowledgement', async () => {
    const wire = new Wire();
    wire.endpoint(HERE, { site: siteOf({ 'a/b': { answer: ({ query }) => text(`hello ${query.join('&')}`) } }) });
    const client = wire.endpoint(THERE);
    const response = await wire.finish(client.request(HERE, { ...get('a/b'), query: ['x=1'] }));
    expect(shown(response)).toBe('2.05 hello x=1');
    expect(wire.transcript).toEqual(['CON 0.01', 'ACK 2.05']);
    expect(shown(await wire.finish(client.request(HERE, get('nothing'))))).toBe('4.04 ');
    expect(shown(await wire.finish(client.request(HERE, get('.well-known/core'))))).toBe('2.05 </a/b>;rt="test"');
  });

  test('come again 2 to 3 s later, then twice as late each time, and end after four times', async () => {
    const wire = new Wire();
    wire.loses = () => true;
    const client = wire.endpoint(THERE);
    expect(await wire.finish(faultOf(client.request(HERE, get('a'))))).toBe('timeout');
    const times = wire.seen.map(({ atUs }) => atUs);
    expect(times.length).toBe(5);
    const first = times[1]! - times[0]!;
    expect(first).toBeGreaterThanOrEqual(2e6);
    expect(first).toBeLessThanOrEqual(3e6);
    for (const [i, at] of times.slice(1, 4).entries()) {
      expect((times[i + 2]! - at) / (at - times[i]!)).toBeCloseTo(2, 3);
    }
    expect(client.counts).toMatchObject({ sent: 5, retransmitted: 4, unacknowledged: 1 });
  });

  test('are one at a time to a peer, and do not wait for those to others', async () => {
    const wire = new Wire();
    wire.loses = ({ to }) => to.address === HERE.address;
    const client = wire.endpoint(THERE);
    const other = { address: 'fd00::3', port: 5683 };
    wire.endpoint(other, { site: siteOf({ a: { answer: () => text('other') } }) });
    const slow = [client.request(HERE, get('a')), client.request(HERE, get('b'))].map(faultOf);
    expect(shown(await wire.finish(client.request(other, get('a'))))).toBe('2.05 other');
    expect(wire.seen.filter(({ to }) => to === HERE).length).toBe(1);
    expect(await wire.finish(Promise.all(slow))).toEqual(['timeout', 'timeout']);
  });

  test('to a peer that acknowledges none of five copies end together, and there is room for others again', async () => {
    const wire = new Wire();
    const other = { address: 'fd00::3', port: 5683 };
    wire.endpoint(other, { site: siteOf({ a: { answer: () => text('other') } }) });
    const client = wire.endpoint(THERE, { bounds: { transmissionCount: 40 } });
    const asked = Array.from({ length: 40 }, () => faultOf(client.request(HERE, get('a'))));
    expect(await faultOf(client.request(other, get('a')))).toBe('full');
    await wire.pass(100e6);
    expect(shown(await wire.finish(client.request(other, get('a'))))).toBe('2.05 other');
    expect(new Set(await wire.finish(Promise.all(asked)))).toEqual(new Set(['timeout']));
    expect(client.counts).toMatchObject({ retransmitted: 4, unacknowledged: 1 });
  });

  test('to one peer do not take the places of those to others', async () => {
    const wire = new Wire();
    const other = { address: 'fd00::3', port: 5683 };
    wire.endpoint(other, { site: siteOf({ a: { answer: () => text('other') } }) });
    const client = wire.endpoint(THERE);
    const asked = Array.from({ length: 1024 }, () => faultOf(client.request(HERE, get('a'))));
    expect(shown(await wire.finish(client.request(other, get('a'))))).toBe('2.05 other');
    const faults = await wire.finish(Promise.all(asked));
    expect(faults.filter((fault) => fault === 'timeout').length).toBe(64);
  });

  test('that do not fit one message fail alone, also where others are under way', async () => {
    const wire = new Wire();
    wire.endpoint(HERE, { site: siteOf({ a: { answer: () => text('here') } }) });
    const client = wire.endpoint(THERE);
    const long = { method: 'GET', path: Array(9).fill('x'.repeat(200)) } as const;
    const work = [get('a'), long, get('a'), long].map((request) => client.request(HERE, request));
    const ends = await wire.finish(Promise.allSettled(work));
    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected']);
    expect(await faultOf(client.request(HERE, long))).toBe('unfit');
    expect(shown(await wire.finish(client.request(HERE, get('a'))))).toBe('2.05 here');
  });

  test('work once, however often their message comes; a copy gets the same reply', async () => {
    const wire = new Wire();
    let count = 0;
    const site = siteOf({
      sw: { maxPayloadBytes: 10, answer: () => ({ code: Code.changed, payload: Buffer.from(`${++count}`) }) },
    });
    const server = wire.endpoint(HERE, { site });
    const client = wire.endpoint(THERE);
    // The first two answers are lost, so the request comes three times.
    let lost = 0;
    wire.loses = ({ from }) => from === HERE && lost++ < 2;
    const request = { method: 'POST', path: ['sw'], payload: Buffer.from('x') } as const;
    expect(shown(await wire.finish(client.request(HERE, request)))).toBe('2.04 1');
    expect(server.counts.duplicate).toBe(2);
    expect(shown(await wire.finish(client.request(HERE, request)))).toBe('2.04 2');
  });

  test('are answered by a message of its own where a server does so, and that is acknowledged, also a copy of it', async () => {
    const wire = new Wire();
    const client = wire.endpoint(THERE);
    const asked: Message[] = [];
    wire.attach(HERE, (_, from) => {
      const { message } = wire.seen.at(-1)!;
      if (message.type !== 'CON') return;
      asked.push(message);
      const say = (answer: Partial<Message>) =>
        wire.deliver(encodeMessage({ ...message, options: [], payload: new Uint8Array(), ...answer }), HERE, from);
      say({ type: 'ACK', code: 0, token: new Uint8Array() });
      for (let copy = 0; copy < 2; copy++) {
        wire.virtual.at(wire.virtual.nowUs + 5e6, () =>
          say({ type: 'CON', code: Code.content, id: 7, payload: Buffer.from('late') }),
        );
      }
    });
    expect(shown(await wire.finish(client.request(HERE, get('a'))))).toBe('2.05 late');
    await wire.pass(1e6);
    expect(asked.length).toBe(1);
    expect(wire.transcript).toEqual(['CON 0.01', 'ACK 0.00', 'CON 2.05', 'CON 2.05', 'ACK 0.00', 'ACK 0.00']);
  });

  test('believe no answer from another address, and none with another token', async () => {
    const wire = new Wire();
    const client = wire.endpoint(THERE);
    const stranger = { address: 'fd00::bad', port: 5683 };
    const answered = client.request(HERE, get('a')).then(shown, (fault: CoapFault) => fault.kind);
    await wire.pass(1);
    const [{ message }] = wire.seen as unknown as [{ readonly message: Message }];
    const forged = {
      ...message,
      type: 'ACK',
      code: Code.content,
      options: [],
      payload: Buffer.from('forged'),
    } as const;
    client.receive(encodeMessage(forged), stranger);
    client.receive(encodeMessage({ ...forged, type: 'NON' }), stranger);
    client.receive(encodeMessage({ ...forged, type: 'NON', token: Uint8Array.of(1) }), HERE);
    // With the id of the request, which can be guessed: the request goes on.
    client.receive(encodeMessage({ ...forged, token: Uint8Array.of(1) }), HERE);
    expect(client.counts.stray).toBe(4);
    wire.endpoint(HERE, { site: siteOf({ a: { answer: () => text('true') } }) });
    expect(await wire.finish(answered)).toBe('2.05 true');
  });

  test('that are given up are not sent again', async () => {
    const wire = new Wire();
    wire.loses = () => true;
    const client = wire.endpoint(THERE);
    const giving = new AbortController();
    const work = client.request(HERE, get('a'), { signal: giving.signal });
    await wire.pass(1e6);
    giving.abort(new Error('enough'));
    await expect(work).rejects.toThrow('enough');
    await wire.pass(100e6);
    expect(wire.seen.length).toBe(1);
  });

  test('that nobody here understands are refused: critical options, proxying, other methods, damaged blocks', async () => {
    const wire = new Wire();
    wire.endpoint(HERE, { site: siteOf({ a: { answer: () => text('a') } }) });
    const answers: string[] = [];
    wire.attach(THERE, () => answers.push(wire.transcript.at(-1)!));
    const ask = async (message: Partial<Message>) => {
      const path = textOptions(OptionNumber.uriPath, ['a']);
      const base = {
        type: 'CON',
        code: 1,
        id: answers.length,
        token: new Uint8Array(),
        payload: new Uint8Array(),
      } as const;
      const options = [...path, ...(message.options ?? [])];
      wire.deliver(encodeMessage({ ...base, ...message, options }), THERE, HERE);
      await wire.pass(1e6);
    };
    await ask({ options: [uintOption(9, 1)] });
    await ask({ options: textOptions(OptionNumber.proxyUri, ['http://x']) });
    await ask({ code: 5 });
    await ask({ options: [{ number: 23, value: Uint8Array.of(7) }] });
    await ask({ options: [uintOption(OptionNumber.accept, 50)] });
    await ask({ code: Code.post, payload: Buffer.from('unwanted') });
    expect(answers).toEqual(['ACK 4.02', 'ACK 5.05', 'ACK 4.05', 'ACK 4.00', 'ACK 4.06', 'ACK 4.13']);
    // RFC 7252, section 4.3: an empty confirmable message is a ping, which a reset answers.
    wire.deliver(
      encodeMessage({ type: 'CON', code: 0, id: 9, token: new Uint8Array(), options: [], payload: new Uint8Array() }),
      THERE,
      HERE,
    );
    await wire.pass(1e6);
    expect(wire.transcript.at(-1)).toBe('RST 0.00');
  });

  test('from port 0, where nobody can be answered, are counted as damage: one such datagram ended the process', async () => {
    const wire = new Wire();
    const site = siteOf({ fw: { isObservable: true, answer: () => text('x') } });
    const server = wire.endpoint(HERE, { site });
    const token = new Uint8Array(2);
    const options = textOptions(OptionNumber.uriPath, ['fw']);
    const payload = new Uint8Array();
    const messages = [
      encodeMessage({ type: 'CON', code: Code.get, id: 1, token, options, payload }),
      encodeMessage({ type: 'NON', code: Code.get, id: 2, token, options, payload }),
      encodeMessage({ type: 'CON', code: Code.empty, id: 3, token: payload, options: [], payload }),
      Buffer.from('4001ffff', 'hex').subarray(0, 3),
      Buffer.from('4f01ffff', 'hex'),
    ];
    for (const message of messages) server.receive(message, { ...THERE, port: 0 });
    await wire.pass(1e6);
    expect(server.counts).toMatchObject({ received: messages.length, damaged: messages.length, sent: 0 });
  });

  test('have bounds: those beyond are refused, answers beyond the rate are not sent, and a closed endpoint rejects', async () => {
    const wire = new Wire();
    const held: (() => void)[] = [];
    const answer = () => new Promise<CoapReply>((resolve) => held.push(() => resolve(text('at last'))));
    const bounds = { requestCount: 2, transmissionCount: 3 };
    const server = wire.endpoint(HERE, { site: siteOf({ a: { answer } }), bounds });
    const clients = [1, 2, 3].map((port) => wire.endpoint({ ...THERE, port }, { bounds }));
    const asked = clients.map((client) => client.request(HERE, get('a')));
    await wire.pass(1e6);
    expect(server.counts.refused).toBe(1);
    expect(shown(await asked[2]!)).toBe('5.03 ');
    for (const release of held) release();
    expect((await wire.finish(Promise.all(asked.slice(0, 2)))).map(shown)).toEqual(['2.05 at last', '2.05 at last']);
    const [client] = clients;
    const many = [1, 2, 3, 4].map(() => faultOf(client!.request({ ...HERE, port: 1 }, get('a'))));
    expect(await many[3]).toBe('full');
    client!.close();
    expect(await Promise.all(many.slice(0, 3))).toEqual(['closed', 'closed', 'closed']);
    const slow = new Wire();
    const content = { sizeBytes: 1e6, etag: Uint8Array.of(1), read: async () => true };
    const limited = slow.endpoint(HERE, {
      site: siteOf({ a: { answer: () => ({ code: Code.content, content }) } }),
      bounds: { answerBytesPerSecond: 5000 },
    });
    const started = slow.seen.length;
    for (let id = 0; id < 1000; id++) {
      const options = textOptions(OptionNumber.uriPath, ['a']);
      limited.receive(
        encodeMessage({ type: 'NON', code: 1, id, token: new Uint8Array(), options, payload: new Uint8Array() }),
        THERE,
      );
      await slow.pass(10_000);
    }
    // 10 s of 5 kB/s, after a first second's worth.
    const bytes = slow.seen.slice(started).reduce((sum, { message }) => sum + message.payload.length, 0);
    expect(bytes).toBeGreaterThan(40_000);
    expect(bytes).toBeLessThan(57_000);
    expect(limited.counts.limited).toBeGreaterThan(900);
  });
});

describe('bodies in blocks', () => {
  const body = new Prng('body').fill(new Uint8Array(10_000));

  test('arrive whole with a fifth of all datagrams lost, both ways', async () => {
    const wire = new Wire();
    const prng = new Prng('losses');
    let pushed: Uint8Array | undefined;
    const resource: CoapResource = {
      maxPayloadBytes: 20_000,
      answer: ({ method, payload }) => {
        if (method === 'POST') pushed = payload;
        return { code: method === 'POST' ? Code.changed : Code.content, payload: method === 'POST' ? undefined : body };
      },
    };
    wire.endpoint(HERE, { site: siteOf({ a: resource }) });
    const client = wire.endpoint(THERE);
    wire.loses = () => prng.below(5) === 0;
    const response = await wire.finish(client.request(HERE, get('a')));
    expect(Buffer.from(response.payload).equals(body)).toBe(true);
    expect(response.etag?.length).toBe(8);
    const post = await wire.finish(client.request(HERE, { method: 'POST', path: ['a'], payload: body }));
    expect(codeText(post.code)).toBe('2.04');
    expect(Buffer.from(pushed!).equals(body)).toBe(true);
    expect(Math.max(...wire.seen.map(({ message }) => message.payload.length))).toBe(1024);
  });

  test('that change meanwhile are not mixed', async () => {
    const wire = new Wire();
    let version = 0;
    const content = () => ({
      sizeBytes: 5000,
      etag: Uint8Array.of(version),
      read: async (_: number, into: Uint8Array) => {
        into.fill(version);
        return true;
      },
    });
    wire.endpoint(HERE, { site: siteOf({ a: { answer: () => ({ code: Code.content, content: content() }) } }) });
    const client = wire.endpoint(THERE);
    const work = faultOf(client.request(HERE, get('a')));
    wire.virtual.at(50_000, () => version++);
    expect(await wire.finish(work)).toBe('changed');
  });

  test('that are not there yet are told so, and those that the client has already are not sent', async () => {
    const wire = new Wire();
    const etag = Uint8Array.of(1, 2, 3);
    const content = { sizeBytes: 5000, etag, read: async (offset: number) => offset < 2048 };
    wire.endpoint(HERE, { site: siteOf({ a: { answer: () => ({ code: Code.content, content }) } }) });
    const client = wire.endpoint(THERE);
    const block = (index: number) =>
      client.request(HERE, { ...get('a'), block2: { index, hasMore: false, bytes: 1024 } });
    expect(await wire.finish(block(1))).toMatchObject({ code: Code.content, block2: { index: 1, hasMore: true } });
    expect(await wire.finish(block(2))).toMatchObject({ code: Code.unavailable, maxAgeS: 5 });
    expect(await wire.finish(block(5))).toMatchObject({ code: Code.badOption });
  });

  test('that are too long, come out of order or from too many have their refusals, and nothing of them is kept', async () => {
    const wire = new Wire();
    const taken: number[] = [];
    const resource = (maxPayloadBytes: number): CoapResource => ({
      maxPayloadBytes,
      admits: ({ port }) => port !== 666,
      answer: ({ payload }) => {
        taken.push(payload.length);
        return { code: Code.changed };
      },
    });
    wire.endpoint(HERE, { site: siteOf({ a: resource(3000), b: resource(1e6) }), bounds: { assemblyCount: 2 } });
    const push = (port: number, path: string, bytes: number) =>
      wire
        .endpoint({ ...THERE, port })
        .request(HERE, { method: 'POST', path: [path], payload: body.subarray(0, bytes) });
    expect(await wire.finish(push(1, 'a', 3001))).toMatchObject({ code: Code.tooLarge });
    expect(await wire.finish(push(1, 'a', 3000))).toMatchObject({ code: Code.changed });
    expect(await wire.finish(push(666, 'a', 3000))).toMatchObject({ code: Code.forbidden });
    expect(taken).toEqual([3000]);
    // Two that never end take both places.
    const begun = wire.seen.length;
    wire.loses = ({ from, message }) =>
      from.port > 10 && from.port < 20 && (new Options(message.options).uint(OptionNumber.block1) ?? 0) >> 4 > 0;
    const stuck = [11, 12].map((port) => faultOf(push(port, 'b', 5000)));
    await wire.pass(1e6);
    expect(wire.seen.length).toBeGreaterThan(begun);
    expect(await wire.finish(push(21, 'b', 5000))).toMatchObject({ code: Code.unavailable });
    expect(await wire.finish(Promise.all(stuck))).toEqual(['timeout', 'timeout']);
    // After EXCHANGE_LIFETIME their places are free.
    await wire.pass(247e6);
    expect(await wire.finish(push(22, 'b', 5000))).toMatchObject({ code: Code.changed });
    expect(taken).toEqual([3000, 5000]);
  });
});

describe('observations', () => {
  /** A resource with a state, and what a client hears of it. */
  function observed(wire: Wire, bytes = 1, maxAgeS?: number) {
    let state = 0;
    const answer = () => ({ ...text(`${state}`.repeat(bytes)), maxAgeS });
    const site = siteOf({ fw: { isObservable: true, answer } });
    const strangers: string[] = [];
    const server = wire.endpoint(HERE, { site, onUnknownHere: ({ address }) => strangers.push(address) });
    const client = wire.endpoint(THERE);
    const heard: string[] = [];
    const ends: (CoapFault | CoapResponse)[] = [];
    const observation = client.observe(
      HERE,
      { path: ['fw'] },
      {
        onNotification: ({ payload }) => heard.push(Buffer.from(payload).toString()),
        onEnd: (why) => ends.push(why),
      },
    );
    const change = () => {
      state++;
      server.notify(['fw']);
    };
    return { server, client, heard, ends, observation, strangers, change };
  }

  test('bring the state at first, and after each change', async () => {
    const wire = new Wire();
    const { heard, change, server } = observed(wire);
    await wire.pass(1e6);
    change();
    await wire.pass(1e6);
    change();
    await wire.pass(1e6);
    expect(heard).toEqual(['0', '1', '2']);
    expect(server.observerCount).toBe(1);
    expect(wire.transcript.slice(2)).toEqual(['CON 2.05', 'ACK 0.00', 'CON 2.05', 'ACK 0.00']);
  });

  test('skip states that were replaced while nothing could be told, and bring the newest', async () => {
    const wire = new Wire();
    const { heard, change } = observed(wire);
    await wire.pass(1e6);
    wire.loses = () => true;
    for (let i = 0; i < 5; i++) change();
    await wire.pass(5e6);
    wire.loses = () => false;
    await wire.pass(10e6);
    expect(heard.at(0)).toBe('0');
    expect(heard.at(-1)).toBe('5');
    expect(heard.length).toBeLessThanOrEqual(3);
  });

  test('of a state that fills several blocks bring all of it', async () => {
    const wire = new Wire();
    const { heard, change } = observed(wire, 3000);
    await wire.pass(1e6);
    change();
    await wire.pass(1e6);
    expect(heard).toEqual(['0'.repeat(3000), '1'.repeat(3000)]);
  });

  test('read a long state once at a time, whatever the other side sends, and again when it has changed meanwhile', async () => {
    const wire = new Wire();
    const { heard, change, client } = observed(wire, 3000);
    await wire.pass(1e6);
    for (let i = 0; i < 3; i++) change();
    await wire.pass(1e6);
    expect(heard.at(-1)).toBe('3'.repeat(3000));
    const token = wire.seen[0]!.message.token;
    wire.loses = ({ to }) => to === HERE;
    const before = wire.seen.length;
    const more = uintOption(OptionNumber.block2, 8 + 6);
    for (let id = 0; id < 500; id++) {
      const options = [uintOption(OptionNumber.observe, 100 + id), more];
      const fields = { type: 'NON', code: Code.content, id, token, options, payload: new Uint8Array(1024) } as const;
      client.receive(encodeMessage(fields), HERE);
    }
    await wire.pass(3600e6);
    expect(wire.seen.length - before).toBeLessThanOrEqual(5);
  });

  test('that are cancelled leave nothing that waits to be sent', async () => {
    const wire = new Wire();
    wire.loses = () => true;
    const client = wire.endpoint(THERE, { bounds: { transmissionCount: 2 } });
    for (let i = 0; i < 100; i++) client.observe(HERE, { path: ['fw'] }, noneMore).cancel();
    expect(wire.seen.length).toBe(100);
    await wire.pass(3600e6);
    expect(wire.seen.length).toBe(100);
  });

  test('end at the server when the client knows nothing of them any more, and both hear of it', async () => {
    const wire = new Wire();
    const { server, strangers, change } = observed(wire);
    await wire.pass(1e6);
    const strays: string[] = [];
    wire.endpoint(THERE, { onStrayNotification: ({ address }) => strays.push(address) });
    change();
    await wire.pass(1e6);
    expect([strays, strangers]).toEqual([[HERE.address], [THERE.address]]);
    expect(server.observerCount).toBe(0);
    expect(wire.transcript.at(-1)).toBe('RST 0.00');
  });

  test('end at the server when the client no longer acknowledges', async () => {
    const wire = new Wire();
    const { server, change } = observed(wire);
    await wire.pass(1e6);
    wire.loses = () => true;
    change();
    await wire.pass(100e6);
    expect(server.observerCount).toBe(0);
  });

  test('ask again when the state is no longer fresh, and end when nobody answers', async () => {
    const wire = new Wire();
    const { heard, ends, server } = observed(wire, 1, 30);
    await wire.pass(100e6);
    expect(heard).toEqual(['0', '0', '0']);
    expect(server.observerCount).toBe(1);
    wire.loses = () => true;
    await wire.pass(200e6);
    expect(ends).toEqual([expect.objectContaining({ kind: 'timeout' })]);
  });

  test('do not go back to an older state that was delayed on its way', async () => {
    const wire = new Wire();
    const { heard, client } = observed(wire);
    await wire.pass(1e6);
    const [, { message }] = wire.seen as unknown as [unknown, { readonly message: Message }];
    const say = (sequence: number, payload: string) => {
      const options = [uintOption(OptionNumber.observe, sequence)];
      const fields = { type: 'NON', code: Code.content, id: 1, token: message.token, options } as const;
      client.receive(encodeMessage({ ...fields, payload: Buffer.from(payload) }), HERE);
    };
    say(5, 'five');
    say(4, 'four');
    say(2 ** 24 - 1, 'before the wrap');
    say(6, 'six');
    expect(heard).toEqual(['0', 'five', 'six']);
  });

  test('of forged addresses give their places to others, one after the other, and those that answer keep theirs', async () => {
    const wire = new Wire();
    let state = 0;
    // Nobody asks again meanwhile because the state is old.
    const answer = () => ({ ...text(`${state}`), maxAgeS: 86_400 });
    const site = siteOf({ fw: { isObservable: true, answer } });
    const server = wire.endpoint(HERE, { site, bounds: { observerCount: 4 } });
    const observing = (port: number) => {
      const heard: string[] = [];
      const client = wire.endpoint({ ...THERE, port });
      const callbacks = {
        onNotification: ({ payload }: CoapResponse) => heard.push(Buffer.from(payload).toString()),
        onEnd: () => undefined,
      };
      const ask = () => client.observe(HERE, { path: ['fw'] }, callbacks);
      ask();
      return { heard, ask };
    };
    const known = observing(1);
    const forged = [101, 102, 103];
    for (const port of forged) observing(port);
    await wire.pass(1e6);
    wire.loses = ({ to }) => forged.includes(to.port);
    const late = observing(2);
    for (let i = 0; i < 4; i++) {
      await wire.pass(60e6);
      late.ask();
    }
    await wire.pass(1e6);
    state = 1;
    server.notify(['fw']);
    await wire.pass(1e6);
    expect([known.heard.at(-1), late.heard.at(-1)]).toEqual(['1', '1']);
  });

  test('are told nothing more by an endpoint that is closed, also of a change just before', async () => {
    const wire = new Wire();
    const { server, change } = observed(wire);
    await wire.pass(1e6);
    const before = wire.seen.length;
    change();
    server.close();
    await wire.pass(10e6);
    expect(wire.seen.length).toBe(before);
  });

  test('have bounds at both ends, and a resource that cannot be observed says its state once', async () => {
    const wire = new Wire();
    const site = siteOf({
      fw: { isObservable: true, answer: () => text('x') },
      plain: { answer: () => text('once') },
    });
    const server = wire.endpoint(HERE, { site, bounds: { observerCount: 20 } });
    const clients = [1, 2].map((port) => wire.endpoint({ ...THERE, port }, { bounds: { observationCount: 18 } }));
    for (const client of clients) for (let i = 0; i < 18; i++) client.observe(HERE, { path: ['fw'] }, noneMore);
    await wire.pass(10e6);
    // 16 of one peer, and 4 of the other.
    expect(server.observerCount).toBe(20);
    const heard: string[] = [];
    wire.endpoint({ ...THERE, port: 3 }).observe(
      HERE,
      { path: ['plain'] },
      {
        onNotification: ({ payload }) => heard.push(Buffer.from(payload).toString()),
        onEnd: () => heard.push('end'),
      },
    );
    const full = wire.endpoint({ ...THERE, port: 4 }, { bounds: { observationCount: 0 } });
    expect(() => full.observe(HERE, { path: ['fw'] }, noneMore)).toThrow(CoapFault);
    await wire.pass(1e6);
    expect(heard).toEqual(['once', 'end']);
  });
});
