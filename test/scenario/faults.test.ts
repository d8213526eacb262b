import { describe, expect, it } from 'vitest';
import { parseScenario } from '../../dist/scenario/load-scenario.js';
import { parseTrace } from '../../dist/scenario/parse-trace.js';

const OBJECT = 'object: { size: 1MB, channels: [{ rate: 1Mbit }, { rate: 1Mbit }] }';

/** The faults of a scenario file, as they are told; none for one that is right. */
async function faultsOf(...lines: readonly string[]): Promise<readonly string[]> {
  try {
    await parseScenario(`${lines.join('\n')}\n`, 's.yaml');
    return [];
  } catch (error) {
    expect(error).toMatchObject({ code: 'CONFIG_INVALID' });
    return (error as Error).message.split('\n');
  }
}

/** Those of a file that is right but for some lines. */
const within = (...lines: readonly string[]) => faultsOf('duration: 10s', OBJECT, ...lines);

describe('faults of a scenario file', () => {
  it('are none when it is right', async () => {
    expect(await within('receivers: { one: {} }')).toEqual([]);
  });

  it('stand at their lines and columns, all at once, also when some values are not even readable', async () => {
    const faults = await faultsOf(
      'duration: 60',
      OBJECT,
      'links:',
      '  a: { below: b, rate: 1Mbit }',
      '  b: { below: a, queue: 100ms }',
      '  c: { below: nowhere, changes: [{ at: 5s, rate: 1 }] }',
      'receivers:',
      '  one: { below: d }',
      '  many: { below: c, count: 0 }',
      'extra: 1',
    );
    expect(faults.map((fault) => fault.split(': ').slice(0, 2).join(': '))).toEqual([
      's.yaml:1:11: duration',
      's.yaml:4:15: links.a.below',
      's.yaml:5:25: links.b.queue',
      's.yaml:6:50: links.c.changes.0.rate',
      's.yaml:8:17: receivers.one.below',
      's.yaml:9:28: receivers.many.count',
      's.yaml:10:1: extra',
    ]);
    expect(faults[0]).toBe(
      's.yaml:1:11: duration: not a time, found 60, allowed: a number and us, ms, s, min, h or d, such as 5ms, ' +
        'from 1 ms to 1 d',
    );
    expect(faults[1]).toContain('behind itself, found a below b below a');
    expect(faults[4]).toContain('no such link, found "d", allowed: a, b or c');
  });

  it.each([
    ['object: { size: 1MB }', '2:9: object: unclear which channels to send, found neither'],
    ['object: { ladder: { from: 1Mbit, to: 2Mbit } }', '2:1: object.size: missing, found nothing'],
    ['object: { size: 1MB, ladder: { from: 2Mbit, to: 1Mbit } }', '2:49: object.ladder.to: "to" is below "from"'],
    ['object: { size: 1, channels: [{ rate: 1Mbit }] }', '2:17: object.size: not a size'],
    [
      'object: { size: 1MB, channels: [{ rate: 1Mbit, group: "ff15::1" }] }',
      '2:48: object.channels.0.group: unknown setting, found "group", allowed: rate, pktDelay, offset or burst',
    ],
    [
      'object: { size: 100GB, symbolBytes: 16, channels: [{ rate: 1Mbit }] }',
      '2:17: object.size: too many symbols, found 6250000000, allowed: 4294967296 (a smaller size, or larger symbolBytes)',
    ],
    [
      'object: { size: 10GB, blockSymbols: 1, channels: [{ rate: 1Mbit }] }',
      '2:17: object.size: too many blocks, found 8445946, allowed: 1000000',
    ],
  ])('tell what an object lacks: %s', async (object, expected) => {
    const faults = await faultsOf('duration: 10s', object, 'receivers: { one: {} }');
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(`s.yaml:${expected}`);
  });

  it.each([
    ['one: { sleeps: [{ from: 5s, to: 4s }] }', '4:35: receivers.one.sleeps.0.to: ends before it begins'],
    [
      'one: { dutyCycle: { awake: 5s, asleep: 5s } }',
      '4:10: receivers.one.dutyCycle: a setting of crowds, found with model full, allowed: sleeps, or model: crowd',
    ],
    [
      'one: { deaths: [{ at: 5s, rise: 5s }] }',
      '4:35: receivers.one.deaths.0.rise: the power is back before it is cut',
    ],
    ['one: { channels: [2] }', '4:21: receivers.one.channels.0: no such channel, found 2, allowed: 0 to 1'],
    ['one: { clockDrift: 5 }', '4:22: receivers.one.clockDrift: not a drift, found 5'],
    ['many: { count: 20, diskRate: 1Mbit }', '4:22: receivers.many.diskRate: not a setting of crowds'],
    ['many: { count: 2000, model: full }', '4:18: receivers.many.count: too many full receivers, found 2000'],
    ['one: { below: 7 }', '4:17: receivers.one.below: not a name'],
  ])('tell what a receiver cannot be: %s', async (receiver, expected) => {
    const faults = await within('receivers:', `  ${receiver}`);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(`s.yaml:${expected}`);
  });

  it.each([
    ['channels: [0, 2]', 'servers.s.channels.1: no such channel, found 2, allowed: 0 to 1'],
    ['address: here', 'servers.s.address: not usable, "here" is not an IPv6 address, allowed: an address such as'],
    ['address: "ff15::1"', 'servers.s.address: not usable, "ff15::1" is not the address of a host'],
    ['start: 5s, stop: 5s', 'servers.s.stop: ends before it begins, found "stop" not after "start"'],
    ['rate: 1Mbit, queue: 1kB', 'servers.s.queue: not the size of a queue'],
  ])('tell what a server cannot be: %s', async (server, expected) => {
    const faults = await within(`servers: { s: { ${server} } }`, 'receivers: { one: {} }');
    expect(faults).toEqual([expect.stringContaining(expected)]);
  });

  it('tell of TCP that nothing slows down, which would send without end in no time', async () => {
    const flow = 'traffic: { x: { kind: reno, below: a, from: b, returnDelay: 0s } }';
    const rest = [flow, 'receivers: { one: {} }'];
    expect(await within('links: { a: { below: b }, b: { delay: 5ms } }', ...rest)).toEqual([
      expect.stringContaining('traffic.x.below: TCP is as fast as the slowest link on its way, found none with a rate'),
    ]);
    for (const b of ['rate: 1Mbit', 'up: { rate: 1Mbit }'])
      expect(await within(`links: { a: { below: b }, b: { ${b} } }`, ...rest)).toEqual([]);
    expect(await within('links: { a: { rate: 1 }, b: {} }', ...rest)).toEqual([
      expect.stringContaining('links.a.rate: not a rate'),
    ]);
  });

  it('tell of names that every object has as of other names, and of the name of the root', async () => {
    expect(await within('receivers: { one: { below: constructor } }')).toEqual([
      's.yaml:3:28: receivers.one.below: no such link, found "constructor", allowed: names under links',
    ]);
    expect(await within('links: { toString: { below: valueOf }, root: {} }', 'receivers: { one: {} }')).toEqual([
      expect.stringContaining('links.toString.below: no such link, found "valueOf", allowed: toString or root'),
      's.yaml:3:40: links.root: the name of the top of the tree, found "root", allowed: any other name',
    ]);
    expect(await within('links: { toString: {} }', 'receivers: { valueOf: { below: toString } }')).toEqual([]);
  });

  it.each([
    ['x: { kind: udp, below: a, rate: 1Mbit, start: 3s, stop: 2s }', '5:59: traffic.x.stop: ends before it begins'],
    ['x: { kind: udp, below: a }', '5:3: traffic.x.rate: missing'],
    ['x: { kind: reno, below: a, rate: 1Mbit }', '5:30: traffic.x.rate: TCP finds its own rate'],
    ['x: { kind: reno, below: a, from: b }', '5:36: traffic.x.from: no such link, found "b", allowed: a'],
    ['x: { kind: vegas, below: a }', '5:14: traffic.x.kind: not one of the choices'],
    ['x: { kind: reno }', '5:3: traffic.x.below: missing'],
  ])('tell what a flow lacks: %s', async (flow, expected) => {
    const faults = await within('links: { a: { rate: 1Mbit } }', 'traffic:', `  ${flow}`, 'receivers: { one: {} }');
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(`s.yaml:${expected}`);
  });

  it.each([
    ['a: { rate: { from: 2Mbit, to: 1Mbit } }', '4:14: links.a.rate: an empty range'],
    ['a: { loss: { share: 1%, burst: 0.5 } }', '4:34: links.a.loss: not a loss'],
    ['a: { queue: 5Mbit }', '4:15: links.a.queue: not the size of a queue'],
    ['a: { up: { queue: 5ms } }', '4:21: links.a.up.queue: a time says nothing'],
  ])('tell what a link cannot be: %s', async (link, expected) => {
    const faults = await within('links:', `  ${link}`, 'receivers: { one: {} }');
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(`s.yaml:${expected.split(': ').slice(0, 2).join(': ')}`);
  });

  it.each([
    ['link: 5', '4:14: links.a.link: not a model of a link, found 5, allowed: a mapping with kind: tokenBucket,'],
    ['link: { burst: 5kB }', 'not a model of a link, found'],
    ['link: { kind: bucket }', 'not a kind of link, found "bucket", allowed: tokenBucket, policer, bursts, beacons,'],
    ['rate: 1Mbit, link: { kind: policer }', 'links.a.link.burst: missing, found nothing, allowed: a number and B'],
    ['rate: 1Mbit, link: { kind: policer, burst: 1kB }', 'links.a.link.burst: not a size, found "1kB"'],
    ['rate: 1Mbit, link: { kind: bursts, period: 1ms, burst: 2kB }', 'links.a.link.burst: unknown setting'],
    ['rate: 1Mbit, link: { kind: beacons, dtim: 0 }', 'links.a.link.dtim: not a number in range, found 0'],
    ['link: { kind: fqCodel }', '4:8: links.a.link: a link of kind fqCodel needs a rate, found no rate'],
    ['up: { link: { kind: fqCodel } }', 'links.a.up.link: a link of kind fqCodel needs a rate'],
    ['rate: 1Mbit, queue: 9kB, link: { kind: policer, burst: 9kB }', '4:21: links.a.queue: a policer has no queue'],
    ['rate: 1Mbit, link: { kind: trace, file: README.md }', '4:8: links.a.rate: a trace is the rate itself'],
    ['queue: 50ms, link: { kind: trace, file: README.md }', 'allowed: bytes, such as 150kB'],
    ['link: { kind: trace, file: README.md }', 'links.a.link.file: not a trace, line 3: found'],
    ['link: { kind: wandering }', 'a link of kind wandering needs a rate'],
    ['rate: 200Mbit, link: { kind: wandering }', '4:14: links.a.rate: a wandering link has one mean rate, found more'],
    ['rate: { from: 1Mbit, to: 2Mbit }, link: { kind: wandering }', 'one mean rate, found a range'],
    ['rate: 1Mbit, link: { kind: wandering }, changes: [{ at: 1s, rate: 2Mbit }]', 'one mean rate, found another'],
    [
      'rate: 10Mbit, link: { kind: tokenBucket, burst: 9kB, lineRate: 1Mbit }',
      'links.a.link.lineRate: faster than the wire behind the link, found a lineRate of 1 Mbit and a rate of 10 Mbit',
    ],
    [
      'rate: 1Mbit, link: { kind: bursts, period: 1ms, lineRate: 2Mbit }, changes: [{ at: 1s, rate: 3Mbit }]',
      'links.a.changes.0.rate: faster than the wire behind the link',
    ],
    [
      'loss: { share: 90%, burst: 2 }',
      'links.a.loss: too much for such short bursts, between which packets arrive, found 90 % in bursts of 2, ' +
        'allowed: a share of at most 66.6 %, or a burst of at least 9',
    ],
    ['changes: [{ at: 1s, loss: { share: 60%, burst: 1 } }]', 'links.a.changes.0.loss: too much for such short bursts'],
    ['link: { kind: trace, file: . }', 'links.a.link.file: not a trace, found cannot read'],
    ['link: { kind: trace, file: no/such }', 'links.a.link.file: not a trace, found no file'],
  ])('tell what is wrong with a link: %s', async (link, expected) => {
    const faults = await within('links:', `  a: { ${link} }`, 'receivers: { one: {} }');
    expect(faults.some((fault) => fault.includes(expected)) ? expected : faults).toBe(expected);
  });

  it('tell of a link that is called as a setting is, too', async () => {
    const changes = 'changes: { rate: 10Mbit, link: { kind: tokenBucket, burst: 9kB, lineRate: 1Mbit } }';
    expect(await within(`links: { ${changes} }`, 'receivers: { one: {} }')).toEqual([
      expect.stringContaining('links.changes.link.lineRate: faster than the wire behind the link'),
    ]);
  });

  it('tell which change a link cannot have', async () => {
    const policer = 'a: { rate: 1Mbit, link: { kind: policer, burst: 9kB }, changes: [{ at: 1s, queue: 9kB }] }';
    expect(await within(`links: { ${policer} }`, 'receivers: { one: {} }')).toEqual([
      expect.stringContaining('links.a.changes.0.queue: a policer has no queue'),
    ]);
    const bucket = 'a: { rate: 1Mbit, changes: [{ at: 1s, link: { kind: fqCodel } }] }';
    expect(await within(`links: { ${bucket} }`, 'receivers: { one: {} }')).toEqual([
      expect.stringContaining('links.a.changes.0.link: unknown setting'),
    ]);
  });
});

describe('a trace', () => {
  it.each([
    ['', 'found no time above 0'],
    ['0\n0\n', 'found no time above 0'],
    ['1\n2 ms\n', 'line 2: found "2 ms", allowed: a whole number of ms'],
    ['1\n1.5\n', 'line 2: found "1.5"'],
    ['-1\n', 'line 1: found "-1"'],
    ['1e3\n', 'line 1: found "1e3"'],
    ['99999999999\n', 'line 1: found "99999999999"'],
    ['86400001\n', 'line 1: found "86400001"'],
    ['5\n\n4\n', 'line 3: found "4" after 5, allowed: times in order'],
  ])('says what is wrong with it: %j', (text, expected) => {
    expect(parseTrace(text)).toContain(expected);
  });
});
