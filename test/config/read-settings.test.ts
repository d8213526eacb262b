import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { line, mappingOf, quantity, says, whole } from '../../dist/config/fields.js';
import { readSettings } from '../../dist/config/read-settings.js';
import { RATE } from '../../dist/config/units.js';
import type { Repair } from '../../dist/config/usable-part.js';

/** A kind of file that the project does not have: pots of tea, and shelves that hold some of them. */
const pot = mappingOf('a pot', { cups: whole(1, 9), flow: quantity(RATE, 1, 1e6).optional() });
const shelf = mappingOf('a shelf', { holds: line('not a name').optional(), width: whole(1, 99).optional() });
const schema = mappingOf('a kitchen', {
  owner: line('not a name'),
  pots: z.record(z.string(), pot, says('not pots', 'a mapping from names to pots')),
  shelves: z.record(z.string(), shelf).optional(),
  lamp: mappingOf('a lamp', { watts: whole(1, 9) }).optional(),
});
const REPAIR: Repair = { standIns: { owner: 'someone' }, decisive: ['shelves'], undivided: ['lamp'], entries: 'drop' };

/** What each shelf holds; a fault for each that holds no pot of the file. */
function kitchenOf(text: string, repair?: Repair): readonly string[] {
  const { file, source, conclude } = readSettings(schema, text, 'k.yaml', repair);
  const shelves = source.inOrder(file.shelves ?? {}, ['shelves']);
  const pots = source.keysOf(['pots']);
  const faults = shelves.flatMap(([name, { holds = '' }]) =>
    pots.includes(holds) ? [] : [source.faultAt(['shelves', name, 'holds'], `no such pot, found ${holds}`)],
  );
  return conclude(
    shelves.map(([name]) => name),
    faults,
  );
}

/** The message, a line for each fault. */
function faultsOf(text: string, repair?: Repair): readonly string[] {
  try {
    kitchenOf(text, repair);
    return [];
  } catch (error) {
    return (error as Error).message.split('\n');
  }
}

describe('a kind of file made of the blocks', () => {
  it('gives what the file says, with entries in the order of the file', () => {
    const text = 'owner: me\npots: { a: { cups: 2 } }\nshelves: { 9: { holds: a }, 1: { holds: a } }\n';
    expect(kitchenOf(text)).toEqual(['9', '1']);
  });

  it('tells faults of settings and of the whole together, in the order of the file', () => {
    const text = 'owner: ""\npots: { a: { cups: 2 }, b: { cups: 10 } }\nshelves: { s: { holds: c } }\nlamps: 1\n';
    expect(faultsOf(text, REPAIR)).toEqual([
      'k.yaml:1:8: owner: not a name, found "", allowed: text that is not empty, without control characters',
      'k.yaml:2:36: pots.b.cups: not a number in range, found 10, allowed: a whole number from 1 to 9',
      'k.yaml:3:24: shelves.s.holds: no such pot, found c',
      'k.yaml:4:1: lamps: unknown setting, found "lamps", allowed: owner, pots, shelves or lamp',
    ]);
  });

  it('without a repair tells only the faults of settings', () => {
    expect(faultsOf('owner: ""\npots: {}\nshelves: { s: { holds: c } }\n')).toHaveLength(1);
  });

  it('says nothing more of an entry that had a fault, dropped or trimmed', () => {
    const text = 'owner: me\npots: {}\nshelves: { s: { holds: c, width: 0 }, t: { holds: d } }\n';
    for (const entries of ['drop', 'trim'] as const) {
      expect(faultsOf(text, { ...REPAIR, entries }).map((fault) => fault.split(' ')[1])).toEqual([
        'shelves.s.width:',
        'shelves.t.holds:',
      ]);
    }
  });

  it('says nothing more when a setting has a fault that decides about others', () => {
    expect(faultsOf('owner: ""\npots: {}\nshelves: [1]\n', REPAIR)).toHaveLength(2);
  });

  it('replaces a setting as a whole that is no mapping of entries', () => {
    const text = 'owner: me\npots: {}\nshelves: { s: { holds: c } }\nlamp: { watts: 10 }\n';
    expect(faultsOf(text, REPAIR).map((fault) => fault.split(' ')[1])).toEqual(['shelves.s.holds:', 'lamp.watts:']);
  });
});
