import { describe, expect, it } from 'vitest';
import { planText } from '../../dist/cli/display/plan-text.js';
import { parseFleet } from '../../dist/fleet/load-fleet.js';
import { planOf } from '../../dist/fleet/plan.js';
import { forecastOf } from '../../dist/publish/forecast.js';

const HEAD = 'fleet: f\nobjects:\n';
const TWO = '  a: { file: a, version: 2, channels: [{ rate: 1.28Mbit }, { rate: 2.56Mbit, offset: 50% }] }\n';

describe('a plan', () => {
  it('adds channels up over all servers that send them, and divides the object by what is left for its bytes', () => {
    const fleet = parseFleet(`${HEAD}${TWO}servers: { x: , y: { channels: [0] } }\n`, '/srv/f');
    const plan = planOf(fleet, (path) => (path === '/srv/a' ? 1_184_000 : undefined));
    expect(plan).toMatchObject({
      rateBitsPerSecond: 5_120_000,
      servers: [
        { server: 'x', channelCount: 2, rateBitsPerSecond: 3_840_000 },
        { server: 'y', channelCount: 1, rateBitsPerSecond: 1_280_000 },
      ],
    });
    expect(plan.objects[0]).toMatchObject({ object: 'a', version: 2, sizeBytes: 1_184_000 });
    expect(plan.objects[0]!.levels).toEqual([
      { channels: [0], rateBitsPerSecond: 2_560_000, payloadBitsPerSecond: 2_368_000, seconds: 4 },
      { channels: [0, 1], rateBitsPerSecond: 5_120_000, payloadBitsPerSecond: 4_736_000, seconds: 2 },
    ]);
    expect(plan.objects[0]!.channels[1]).toMatchObject({
      pktDelayUs: 4000,
      burstUs: 1000,
      burstDatagrams: 1,
      offset: { ratio: 0.5 },
      servers: [{ server: 'x', startBytes: 592_000 }],
    });
  });

  it('in mode best has one level for each channel, by itself', () => {
    const fleet = parseFleet(HEAD + TWO.replace('version', 'mode: best, version'), 'f');
    const { levels } = planOf(fleet, () => 1_184_000).objects[0]!;
    expect(levels.map(({ channels, seconds }) => [channels, seconds])).toEqual([
      [[0], 8],
      [[1], 4],
    ]);
  });

  it('says when an object is sent', () => {
    const fleet = parseFleet(
      `${HEAD}${TWO.replace('version', 'schedule: { every: 1d, from: 2h, for: 90min }, version')}`,
      'f',
    );
    const plan = planOf(fleet, () => 1_184_000);
    expect(plan.objects[0]!.schedule).toEqual({ everyS: 86_400, lastsS: 5400, fromS: 7200 });
    expect(planText(forecastOf(fleet, plan))).toContain(
      '  sent for 1.5 h every 1 d, from 02:00 UTC; times below count only these windows\n',
    );
  });

  it('does without the file, and says so', () => {
    const fleet = parseFleet(HEAD + TWO, 'f');
    const plan = planOf(fleet, () => undefined);
    expect(plan.objects[0]).toMatchObject({ sizeBytes: null, levels: [{ seconds: null }, { seconds: null }] });
    expect(plan.objects[0]!.channels[0]!.servers[0]!.startBytes).toBe(null);
    expect(planText(forecastOf(fleet, plan))).toContain('size unknown, no such file');
  });

  it('counts nothing for an empty object, of which only the announcement is sent, and says so', () => {
    const fleet = parseFleet(`${HEAD}${TWO}  b: { file: b, version: 1, channels: [{ rate: 1Mbit }] }\n`, '/srv/f');
    const plan = planOf(fleet, (path) => (path === '/srv/a' ? 0 : 1000));
    expect([plan.rateBitsPerSecond, plan.servers[0]!.rateBitsPerSecond]).toEqual([1e6, 1e6]);
    expect(planText(forecastOf(fleet, plan)).match(/empty: .*/g)).toEqual([
      'empty: its announcement is all that is sent of it',
    ]);
  });

  it('says how many packets leave at once where it is more than one', () => {
    const fleet = parseFleet(`${HEAD}${TWO.replace('2.56Mbit', '102.4Mbit')}`, 'f');
    const plan = planOf(fleet, () => 1_184_000);
    expect(plan.objects[0]!.channels.map(({ burstDatagrams }) => burstDatagrams)).toEqual([1, 10]);
    expect(planText(forecastOf(fleet, plan)).match(/bursts of .*/g)).toEqual(['bursts of 10 packets']);
  });

  it('for people fits 80 columns and cuts no address, whatever the names, rates and ports', () => {
    const name = '长名字'.repeat(21).slice(0, 21);
    const channels = [
      '{ rate: 99.9Gbit, offset: 33.333% }',
      '{ rate: 101bit, offset: 1023GB, port: 65535 }',
      '{ pktDelay: 59.99min, group: "ff15:1234:1234:1234:1234:1234:1234:1234" }',
      '{ pktDelay: 123456.789ms }',
    ];
    const fleet = parseFleet(
      `fleet: ${name}
objects:
  ${'o'.repeat(255)}: { file: ${'/very/long'.repeat(20)}, version: 281474976710655, channels: [${channels.join(', ')}] }
servers:
  ${name}: { address: "fd00:1234:1234:1234:1234:1234:1234:1234", interface: enx001122334455 }
  ${'z'.repeat(63)}: { channels: [0] }
`,
      'f',
    );
    const textOf = (sizeBytes: number) =>
      planText(
        forecastOf(
          fleet,
          planOf(fleet, () => sizeBytes),
        ),
      );
    const text = textOf(2 ** 48 - 1);
    for (const line of [...text.split('\n'), ...textOf(5e12).split('\n')]) {
      expect([...line].length).toBeLessThanOrEqual(80);
    }
    for (const { group } of fleet.objects[0]!.channels) expect(text).toContain(group);
    expect(text).toContain('fd00:1234:1234:1234:1234:1234:1234:1234');
    expect(text).toContain('port 65535');
    expect(text).toContain(`from ${name}`);
  });
});
