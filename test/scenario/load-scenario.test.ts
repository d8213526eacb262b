import { mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadScenario, parseScenario } from '../../dist/scenario/load-scenario.js';

const HEAD = 'duration: 10s\nobject: { size: 1MB, ladder: { from: 1Mbit, to: 4Mbit } }\n';

const parse = (text: string, seed?: string) => parseScenario(HEAD + text, 's.yaml', seed);

describe('a scenario file', () => {
  it('has defaults for all but duration, object and receivers', async () => {
    const scenario = await parse('receivers: { one: {} }');
    expect(scenario).toMatchObject({ seed: '1', durationUs: 10e6, sampleIntervalUs: 500e3, links: [], traffic: [] });
    expect(scenario.servers).toMatchObject([{ name: 'server', startUs: 0, stopUs: undefined, clockErrorUs: 0 }]);
    expect(scenario.receivers).toMatchObject([
      { kind: 'full', name: 'one', startUs: 0, patienceUs: 30e6, mode: 'auto', below: undefined },
    ]);
    expect(scenario.object).toMatchObject({ sizeBytes: 1e6, symbolBytes: 1184, code: 'raptorq', blockSymbols: 8448 });
    expect(scenario.object.channels.map(({ rateBitsPerSecond }) => Math.round(rateBitsPerSecond / 1e4))).toEqual([
      100, 33, 33, 33, 67, 67, 67,
    ]);
  });

  it('turns a queue in time into bytes, again whenever the rate changes', async () => {
    const { links } = await parse(
      'links: { a: { rate: 8Mbit, queue: 100ms, changes: [{ at: 5s, delay: 1ms }, { at: 4s, rate: 800kbit }] } }\n' +
        'receivers: { one: { below: a } }',
    );
    expect(links[0]!.down).toMatchObject({ rateBitsPerSecond: 8e6, queueBytes: 100_000 });
    expect(links[0]!.changes).toEqual([
      { atUs: 4e6, down: { rateBitsPerSecond: 800e3, queueBytes: 10_000 } },
      { atUs: 5e6, down: { delayUs: 1000, queueBytes: 10_000 } },
    ]);
  });

  it('has whole bytes', async () => {
    const { object } = await parseScenario(`${HEAD.replace('1MB', '1.0005kB')}receivers: { one: {} }`, 's.yaml');
    expect(object.sizeBytes).toBe(1001);
  });

  it('has room for a packet in the shortest queue, so that no link is dead', async () => {
    const { links } = await parse(
      'links: { a: { rate: 1Mbit, queue: 1ms, changes: [{ at: 1s, rate: 1kbit }] } }\nreceivers: { one: { below: a } }',
    );
    expect(links[0]!.down!.queueBytes).toBe(1500);
    expect(links[0]!.changes[0]!.down.queueBytes).toBe(1500);
  });

  it('means by a share and a burst a channel that loses that share in runs of that length', async () => {
    const { links } = await parse('links: { a: { loss: { share: 20%, burst: 4 } } }\nreceivers: { one: {} }');
    expect(links[0]!.down!.loss).toEqual({ goodToBadRatio: 0.0625, badToGoodRatio: 0.25 });
    const most = await parse('links: { a: { loss: { share: 90%, burst: 9 } } }\nreceivers: { one: {} }');
    expect(most.links[0]!.down!.loss).toEqual({ goodToBadRatio: 1, badToGoodRatio: 1 / 9 });
  });

  it('has links of other kinds in either direction, with their defaults', async () => {
    const text = [
      'links:',
      '  a: { rate: 8Mbit, link: { kind: tokenBucket, burst: 16kB }, up: { rate: 1Mbit, link: { kind: fqCodel } } }',
      '  b: { rate: 8Mbit, link: { kind: policer, burst: 64kB, lineRate: 100Mbit } }',
      '  c: { rate: 8Mbit, link: { kind: beacons, dtim: 3 } }',
      '  d: { rate: 8Mbit, queue: 1MB, link: { kind: fqCodel, target: 20ms, quantum: 300B, flows: 8 } }',
      '  e: { rate: 8Mbit, link: { kind: bursts, period: 4ms } }',
      'receivers: { one: {} }',
    ];
    const { links } = await parse(text.join('\n'));
    const codel = { kind: 'fqCodel', targetUs: 5000, intervalUs: 100_000, quantumBytes: 1514, flowCount: 1024 };
    expect(links.map(({ down }) => down!.discipline)).toMatchObject([
      { kind: 'tokenBucket', burstBytes: 16_000 },
      { kind: 'policer', burstBytes: 64_000, lineRateBitsPerSecond: 100e6 },
      { kind: 'beacons', periodUs: 307_200 },
      { ...codel, targetUs: 20_000, quantumBytes: 300, flowCount: 8 },
      { kind: 'bursts', periodUs: 4000 },
    ]);
    expect(links[0]!.up).toMatchObject({ rateBitsPerSecond: 1e6, queueBytes: 15_503_360, discipline: codel });
    expect(links[3]!.down!.queueBytes).toBe(1e6);
  });

  it('reads traces from files beside it, once each', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'layercast-'));
    writeFileSync(join(folder, 'lte.down'), '# a comment\n0\n3\n3\r\n10\n');
    const link = 'link: { kind: trace, file: lte.down, offset: 2s }';
    writeFileSync(
      join(folder, 's.yaml'),
      `${HEAD}links:\n  a: { ${link} }\n  b: { up: { ${link} } }\nreceivers: { one: {} }`,
    );
    const { links } = await loadScenario(join(folder, 's.yaml'));
    const [down, up] = [links[0]!.down!.discipline!, links[1]!.up!.discipline!];
    expect(down).toMatchObject({ kind: 'trace', offsetUs: 2e6 });
    expect(down.kind === 'trace' && [0, 1, 2, 3].map((index) => down.trace.timeUs(index))).toEqual([0, 3e3, 3e3, 10e3]);
    expect(down.kind === 'trace' && up.kind === 'trace' && down.trace === up.trace).toBe(true);
  });

  it('makes up links that wander, each with its part of the same trace, by its seed', async () => {
    const text =
      'links: { a: { rate: 2Mbit, queue: 100ms, count: 3, link: { kind: wandering, outageEvery: 5s } } }\n' +
      'receivers: { one: {} }';
    const made = async (seed: string) =>
      (await parse(text, seed)).links.map(({ down }) => {
        const { discipline, queueBytes } = down!;
        if (discipline?.kind !== 'trace') throw new Error('no trace');
        const timesUs = Array.from({ length: 100 }, (_, i) => discipline.trace.timeUs(i));
        return { ...discipline, queueBytes, timesUs };
      });
    const [first, second] = await made('1');
    expect(first).toMatchObject({ offsetUs: 0, queueBytes: 25_000 });
    expect(first!.trace.periodUs).toBe(10e6);
    expect(first!.trace.meanBitsPerSecond / 2e6).toBeCloseTo(1, 2);
    expect(second!.trace).toBe(first!.trace);
    expect(second!.offsetUs).toBeGreaterThan(0);
    expect(await made('1')).toEqual([first, second, expect.anything()]);
    expect((await made('2'))[0]!.timesUs).not.toEqual(first!.timesUs);
  });

  it('makes links by the dozen with rates between two, and spreads receivers over them in turn', async () => {
    const text =
      'links:\n  site: { count: 40, rate: { from: 1Mbit, to: 100Mbit } }\n  floor: { count: 80, below: site }\n' +
      'receivers:\n  machine: { below: floor, count: 200, start: 1s, startSpread: 2s }';
    const { links, receivers } = await parse(text);
    const rates = links.slice(0, 40).map(({ down }) => down!.rateBitsPerSecond!);
    expect(Math.min(...rates)).toBeGreaterThanOrEqual(1e6);
    expect(Math.max(...rates)).toBeLessThanOrEqual(100e6);
    // Even by the logarithm: about half are below 10 Mbit/s.
    const slowCount = rates.filter((rate) => rate < 10e6).length;
    expect(slowCount).toBeGreaterThan(10);
    expect(slowCount).toBeLessThan(30);
    expect(links[40]).toMatchObject({ name: 'floor/1', below: 'site/1' });
    expect(links[80]).toMatchObject({ name: 'floor/41', below: 'site/1' });
    expect(receivers).toHaveLength(80);
    expect(receivers[0]).toMatchObject({ kind: 'crowd', name: 'machine/1', entry: 'machine', below: 'floor/1' });
    const startsUs = receivers.flatMap((each) => (each.kind === 'crowd' ? each.startsUs : []));
    expect(startsUs).toHaveLength(200);
    expect(Math.min(...startsUs)).toBeGreaterThanOrEqual(1e6);
    expect(Math.max(...startsUs)).toBeLessThan(3e6);
  });

  it('draws what is random from its seed, or the one that goes before it', async () => {
    const text = 'links: { a: { count: 3, rate: { from: 1Mbit, to: 100Mbit } } }\nreceivers: { one: {} }';
    const rates = async (seed?: string) => (await parse(text, seed)).links.map(({ down }) => down!.rateBitsPerSecond);
    expect(await rates()).toEqual(await rates('1'));
    expect(await rates('2')).not.toEqual(await rates('1'));
  });

  it('says negative clock errors and drifts with a minus sign', async () => {
    const { receivers, servers } = await parse(
      'servers: { a: { clockError: -3ms }, b: }\nreceivers: { one: { clockDrift: -50ppm, clockError: 2s } }',
    );
    expect(servers).toMatchObject([{ clockErrorUs: -3000 }, { clockErrorUs: 0, startRatio: 0.5 }]);
    expect(receivers).toMatchObject([{ driftPpm: -50, clockErrorUs: 2e6 }]);
  });

  it('has a flow of cross traffic for each link that it is below', async () => {
    const { traffic } = await parse(
      'links: { a: { count: 2, rate: 1Mbit }, b: {} }\nreceivers: { one: {} }\n' +
        'traffic: { web: { kind: cubic, below: a, from: b }, call: { kind: udp, below: b, rate: 1Mbit, stop: 2s } }',
    );
    expect(traffic).toMatchObject([
      { name: 'web/1', kind: 'cubic', below: 'a/1', from: 'b' },
      { name: 'web/2', below: 'a/2', from: 'b' },
      { name: 'call', kind: 'udp', below: 'b', rateBitsPerSecond: 1e6, stopUs: 2e6 },
    ]);
  });

  it('runs full receivers by the dozen when it is told to', async () => {
    const { receivers } = await parse('receivers: { box: { count: 2, model: full, diskRate: 8Mbit, caution: high } }');
    expect(receivers).toMatchObject([
      { kind: 'full', name: 'box/1', entry: 'box', diskBytesPerSecond: 1e6, caution: 'high' },
      { kind: 'full', name: 'box/2', entry: 'box' },
    ]);
  });
});

describe('a scenario about a fleet file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'scenario-'));
  writeFileSync(join(folder, 'data.bin'), Buffer.alloc(5000));
  writeFileSync(
    join(folder, 'fleet.yaml'),
    'fleet: acme\nsymbolBytes: 1000\nobjects:\n' +
      '  a: { file: data.bin, version: 1, mode: best, code: none, channels: [{ rate: 1Mbit, offset: 25%, port: 99, burst: 4ms }] }\n' +
      '  b: { file: none.bin, version: 1, ladder: { from: 1Mbit, to: 2Mbit } }\n' +
      '  c: { file: loop.bin, version: 1, ladder: { from: 1Mbit, to: 2Mbit } }\n' +
      'servers: { one: {}, two: { offset: 50%, objects: [a] } }\n',
  );
  const load = (object: string, more = '') => {
    writeFileSync(join(folder, 's.yaml'), `duration: 1s\nobject: ${object}\nreceivers: { r: {} }\n${more}`);
    return loadScenario(join(folder, 's.yaml'));
  };

  it('takes object and servers from there, and the size from the file', async () => {
    const { object, servers } = await load('{ fleet: fleet.yaml, name: a }', 'servers: { two: { start: 5s } }\n');
    expect(object).toMatchObject({ fleet: 'acme', object: 'a', sizeBytes: 5000, symbolBytes: 1000, mode: 'best' });
    expect(object).toMatchObject({
      code: 'none',
      channels: [{ rateBitsPerSecond: 1e6, startRatio: 0.25, port: 99, burstUs: 4000 }],
    });
    expect(servers).toMatchObject([
      { name: 'one', startRatio: 0, startUs: 0 },
      { name: 'two', startRatio: 0.5, startUs: 5e6 },
    ]);
  });

  it('leaves out servers that do not send the object, and wants a size when the file is not there', async () => {
    await expect(load('{ fleet: fleet.yaml, name: b }')).rejects.toThrow(
      's.yaml:2:1: object.size: missing, found no file',
    );
    const { servers } = await load('{ fleet: fleet.yaml, name: b, size: 1MB }');
    expect(servers.map(({ name }) => name)).toEqual(['one']);
  });

  it('says why the size of a file is not known, and wants one', async () => {
    symlinkSync('loop.bin', join(folder, 'loop.bin'));
    await expect(load('{ fleet: fleet.yaml, name: c }')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/object\.size: missing, found no size: .*loop\.bin.*circle, allowed: a size/),
    });
  });

  it('says what is said twice, and which objects and servers there are', async () => {
    await expect(load('{ fleet: fleet.yaml }')).rejects.toThrow('found 3 objects and no name, allowed: a, b or c');
    const twice = load('{ fleet: fleet.yaml, name: a, code: none }', 'servers: { three: {}, two: { offset: 5% } }\n');
    await expect(twice).rejects.toThrow(
      /object\.code: given by the fleet file[\s\S]*servers\.three: not a server of the fleet file/,
    );
    await expect(twice).rejects.toThrow('servers.two.offset: given by the fleet file');
  });
});

describe('the page about scenarios', () => {
  it('shows a file that is right, with every setting that is not left to the fleet file', async () => {
    const page = readFileSync('docs/simulation.md', 'utf8');
    const [, text] = /```yaml\n([^`]*)```/.exec(page)!;
    const scenario = await parseScenario(text!, 'simulation.md');
    expect(scenario.links).toHaveLength(51);
    expect(scenario.receivers.map(({ kind }) => kind)).toEqual(['full', ...new Array<string>(50).fill('crowd')]);
  });
});

describe('the examples', () => {
  it.each(['home', 'branches', 'wireless', 'changing', 'five-links'])('%s.yaml is right', async (name) => {
    const { receivers } = await loadScenario(`examples/${name}.yaml`);
    expect(receivers.length).toBeGreaterThan(0);
  });
});
