import { describe, expect, it } from 'vitest';
import { simulatedKeys } from '../../../dist/simulate/index.js';
import { Prng } from '../../../dist/simulate/random/prng.js';
import { packDescriptor } from '../../../dist/wire/descriptor.js';
import { Flag } from '../../../dist/wire/header.js';
import { signRecord } from '../../../dist/wire/signature.js';
import { bed, inboxOf, version } from './inbox.js';

describe('a version that is announced no more', () => {
  const S = 1e6;
  const plan = { announceIntervalUs: 1e6 };
  const other = bed.object(2, { ...plan, object: 'other' }).record;
  /** Hears one record a second from one address. */
  const hearFor = (
    { hear }: ReturnType<typeof inboxOf>,
    record: Uint8Array,
    [fromS, untilS]: readonly [number, number],
    sourceId = 0,
    flags = 0,
  ) => {
    for (let s = fromS; s < untilS; s++) hear(record, s * S, 1.8e9, sourceId, flags);
  };
  const both = () => inboxOf({ object: undefined });

  it('is withdrawn once its server has left it out of fifteen rounds, and is found again when it is announced again', () => {
    const rig = both();
    const { record } = version(3, plan);
    hearFor(rig, record, [0, 5]);
    hearFor(rig, other, [0, 19]);
    expect(rig.inbox.withdrawn(18.9 * S)).toEqual([]);
    hearFor(rig, other, [19, 21]);
    expect(rig.inbox.withdrawn(20.5 * S)).toMatchObject([{ kind: 'withdrawn', descriptor: { version: 3 } }]);
    expect(rig.inbox.withdrawn(20.6 * S)).toEqual([]);
    expect(rig.inbox.records.map(({ object }) => object)).toEqual(['other']);
    expect(rig.hear(record, 30 * S, 1.8e9, 0)?.kind).toBe('newest');
  });

  it('leaves room for an older version that is still announced', () => {
    const rig = both();
    hearFor(rig, version(3, plan).record, [0, 5]);
    hearFor(rig, version(2, plan).record, [0, 21]);
    expect(rig.inbox.withdrawn(20.5 * S)).toMatchObject([{ descriptor: { version: 3 } }]);
    expect(rig.hear(version(2, plan).record, 21 * S, 1.8e9, 0)).toMatchObject({
      kind: 'newest',
      descriptor: { version: 2 },
    });
  });

  it('is not withdrawn while its server is silent, though another one announces other objects', () => {
    const rig = both();
    hearFor(rig, version(3, plan).record, [0, 5], 0);
    hearFor(rig, other, [0, 100], 1);
    expect(rig.inbox.withdrawn(99.5 * S)).toEqual([]);
  });

  it('is not withdrawn as soon as its server is heard again after a pause', () => {
    const rig = both();
    hearFor(rig, version(3, plan).record, [0, 5]);
    hearFor(rig, other, [0, 5]);
    hearFor(rig, other, [60, 74]);
    expect(rig.inbox.withdrawn(74 * S)).toEqual([]);
    hearFor(rig, other, [74, 77]);
    expect(rig.inbox.withdrawn(76.5 * S)).toHaveLength(1);
  });

  it('is not withdrawn while its server has begun anew and still prepares objects, though it announces others', () => {
    const rig = both();
    hearFor(rig, version(3, plan).record, [0, 5]);
    hearFor(rig, other, [5, 60], 0, Flag.starting);
    expect(rig.inbox.withdrawn(59.5 * S)).toEqual([]);
    hearFor(rig, other, [60, 74]);
    expect(rig.inbox.withdrawn(73.5 * S)).toEqual([]);
    hearFor(rig, other, [74, 77]);
    expect(rig.inbox.withdrawn(76.5 * S)).toHaveLength(1);
  });

  it('is not withdrawn while a server announces it in another description', () => {
    const rig = both();
    hearFor(rig, version(3, { ...plan, createdS: 9 }).record, [0, 5]);
    hearFor(rig, version(3, { ...plan, createdS: 7 }).record, [0, 40], 1);
    hearFor(rig, other, [0, 40]);
    expect(rig.inbox.withdrawn(39.5 * S)).toEqual([]);
  });

  it('is withdrawn, too, when it was heard in an earlier time, if it was announced then', () => {
    const rig = both();
    const { record } = version(3, plan);
    rig.recall(record, 1.8e9, 'fd00::1');
    hearFor(rig, other, [0, 17]);
    expect(rig.inbox.withdrawn(16.5 * S)).toHaveLength(1);
    // What came by another way was never announced.
    rig.recall(record);
    hearFor(rig, other, [17, 60]);
    expect(rig.inbox.withdrawn(59.5 * S)).toEqual([]);
  });

  it('is not withdrawn because a stranger announces much', () => {
    const rig = both();
    hearFor(rig, version(3, plan).record, [0, 5]);
    const stranger = simulatedKeys(new Prng('stranger')).privateKey;
    const body = packDescriptor({ ...version(1, plan).descriptor, object: 'strange' });
    hearFor(rig, signRecord(body, stranger), [0, 60]);
    expect(rig.inbox.withdrawn(59.5 * S)).toEqual([]);
  });
});
