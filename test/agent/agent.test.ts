import { describe, expect, it } from 'vitest';
import { PROGRAM_BACK_OFF } from '../../dist/agent/back-off.js';
import { packRecord, unpackRecord } from '../../dist/agent/object-record.js';
import { lwm2mResultOf, lwm2mStateOf, OBJECT_STATES } from '../../dist/agent/object-state.js';
import { rateShare } from '../../dist/agent/rate-shares.js';
import { RefusedVersions } from '../../dist/agent/refused-versions.js';
import { heardAllUs, nextWakeUs } from '../../dist/agent/wake-times.js';
import { backOffUs } from '../../dist/base/back-off.js';
import type { Finding } from '../../dist/receiver/watch/findings.js';
import type { Descriptor } from '../../dist/wire/descriptor.js';

const S = 1e6;

describe('the numbers of LwM2M', () => {
  it('are those of the firmware object', () => {
    expect(OBJECT_STATES.map(lwm2mStateOf)).toEqual([0, 0, 1, 2, 3, 0, 2]);
    expect((['DISK_FULL', 'NOBODY_SENDING', 'INCOMPATIBLE'] as const).map(lwm2mResultOf)).toEqual([2, 4, 6]);
  });
});

describe('a pause after failures', () => {
  it('doubles up to an hour, and differs by a fifth at most', () => {
    const pauses = [1, 2, 3, 20, 2000].map((count) => backOffUs(PROGRAM_BACK_OFF, count, 0.5) / S);
    expect(pauses).toEqual([10, 20, 40, 3600, 3600]);
    expect([0, 1].map((random) => backOffUs(PROGRAM_BACK_OFF, 1, random) / S)).toEqual([8, 12]);
  });
});

describe('the rate of a new transfer', () => {
  const demand = { topBitsPerSecond: 4e6, lowestBitsPerSecond: 1e6 };

  it('is what is left of the limit, and no more than its ladder has', () => {
    expect(rateShare(undefined, [1e6], demand)).toBeUndefined();
    expect(rateShare(10e6, [], demand)).toBe(4e6);
    expect(rateShare(10e6, [4e6, 3e6], demand)).toBe(3e6);
  });

  it('is none while not even its lowest channel fits, unless it is alone', () => {
    expect(rateShare(10e6, [9.5e6], demand)).toBe(0);
    expect(rateShare(0.5e6, [], demand)).toBe(0.5e6);
  });
});

describe('a wake', () => {
  it('comes earlier or later by its jitter', () => {
    expect([0, 0.5, 1].map((random) => nextWakeUs(3600 * S, 0.1, 0, random) / S)).toEqual([3240, 3600, 3960]);
  });

  it('has heard all after one interval, and waits longer for a catalogue or while nobody was heard', () => {
    const heard = { sinceUs: 100 * S, isGenuine: true, announceIntervalUs: 10 * S, isUnlisted: false };
    expect(heardAllUs(heard, 30 * S)! / S).toBeCloseTo(111.2);
    expect(heardAllUs({ ...heard, isUnlisted: true }, 30 * S)! / S).toBeCloseTo(133.2);
    expect(heardAllUs({ ...heard, isGenuine: false }, 30 * S)! / S).toBe(130);
    expect(heardAllUs({ ...heard, sinceUs: undefined }, 30 * S)).toBeUndefined();
  });
});

describe('a record of the journal', () => {
  const target = { version: 2, sha256: 'ab'.repeat(32), sizeBytes: 5, path: '/x' };
  const record = {
    object: 'maps/eu',
    state: 'verified',
    target,
    attempts: 1,
    interrupted: 0,
    lowestVersion: 2,
    applied: undefined,
  } as const;

  it('comes back as it was, and is nothing when any part of it is cut off or changed to something else', () => {
    const text = packRecord(record);
    expect(unpackRecord(text)).toEqual(record);
    const encryption = { plaintextMac: 'cd'.repeat(32), keyCheck: 'ef'.repeat(16) };
    const encrypted = { ...record, target: { ...target, encryption } };
    expect(unpackRecord(packRecord(encrypted))).toEqual(encrypted);
    for (let length = 0; length < text.length - 2; length++) {
      expect(unpackRecord(text.slice(0, length))).toBeUndefined();
    }
    for (const wrong of [
      { state: 'dancing' },
      { attempts: -1 },
      { target: {} },
      { target: { ...target, encryption: {} } },
      { applied: 7 },
    ]) {
      expect(unpackRecord(JSON.stringify({ format: 1, ...record, ...wrong }))).toBeUndefined();
    }
  });
});

describe('a version that may not be received', () => {
  const finding = (kind: Finding['kind'], version: number): Finding => ({
    kind,
    descriptor: { object: 'firmware', version } as Descriptor,
    refusal: kind === 'expired' ? { code: 'EXPIRED', message: `version ${version} has expired` } : undefined,
    sources: [],
  });

  it('is told once, and is an error until a usable one is announced; an older one is no loss', () => {
    const refused = new RefusedVersions();
    expect(refused.note(finding('expired', 3), 3)).toBeUndefined();
    expect(refused.errors).toEqual([]);
    expect(refused.note(finding('expired', 3), 2)).toMatchObject({ code: 'EXPIRED' });
    expect(refused.note(finding('expired', 3), 2)).toBeUndefined();
    expect(refused.errors.map(({ code }) => code)).toEqual(['EXPIRED']);
    refused.note(finding('newest', 4), 2);
    expect(refused.errors).toEqual([]);
  });
});
