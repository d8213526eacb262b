import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { RATE } from '../../dist/base/units.js';
import { exactlyOneOf, line, mappingOf, quantity, says, whole } from '../../dist/config/fields.js';
import { readSettings } from '../../dist/config/read-settings.js';
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
      'k.yaml:4:1: lamps: unknown setting, found "lamps", allowed: owner, pots, shelves or lamp (did you mean lamp?)',
    ]);
  });

  it('asks for the setting that was probably meant, and does not say that this one is missing', () => {
    expect(faultsOf('owner: me\npotts: { a: { cups: 2 } }\nzebra: 1\n')).toEqual([
      'k.yaml:2:1: potts: unknown setting, found "potts", allowed: owner, pots, shelves or lamp (did you mean pots?)',
      'k.yaml:3:1: zebra: unknown setting, found "zebra", allowed: owner, pots, shelves or lamp',
    ]);
    expect(faultsOf('owner: me\npots: { a: { cusp: 2 }, b: {} }\n').map((fault) => fault.split(',')[0])).toEqual([
      'k.yaml:2:14: pots.a.cusp: unknown setting',
      'k.yaml:2:25: pots.b.cups: missing',
    ]);
    // Several names of one mapping, each with its own suggestion.
    expect(faultsOf('ownr: me\npods: {}\n').map((fault) => fault.slice(fault.indexOf('(')))).toEqual([
      '(did you mean owner?)',
      '(did you mean pots?)',
    ]);
  });

  it('does not ask for one of two settings where one of them is misspelt', () => {
    const tray = mappingOf('a tray', { cups: whole(1, 9).optional(), plates: whole(1, 9).optional() }).refine(
      ({ cups, plates }) => (cups === undefined) !== (plates === undefined),
      exactlyOneOf('cups', 'plates', 'not one load'),
    );
    const said = (text: string) => {
      try {
        readSettings(tray, text, 't.yaml');
      } catch (error) {
        return (error as Error).message.split('\n').map((fault) => fault.split(',')[0]);
      }
      return [];
    };
    expect(said('plaets: 2\n')).toEqual(['t.yaml:1:1: plaets: unknown setting']);
    expect(said('lamp: 2\n')).toEqual(['t.yaml:1:1: lamp: unknown setting', 't.yaml:1:1: not one load']);
    expect(said('cups: 1\nplates: 2\nplaets: 2\n')).toEqual([
      't.yaml:1:1: not one load',
      't.yaml:3:1: plaets: unknown setting',
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

describe('a file that is one text', () => {
  it.each([
    [
      '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIsecret, found x, allowed\n-----END PRIVATE KEY-----\n',
      'a private key in PEM form',
    ],
    ['secret0123456789', 'a text'],
    ['\u001bsecret 1\nsecret 2\n\nsecret 3', 'a text'],
    ['5273951', 'a text'],
  ])('%j is not repeated, as it may be a secret', (text, what) => {
    const error = caught(() => kitchenOf(text));
    expect(error.message).toBe(
      `k.yaml:1:1: not a kitchen, found ${what}, allowed: a mapping with owner, pots, shelves or lamp`,
    );
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', text: '', excerpts: [[]] });
  });
});

function caught(action: () => void): Error {
  try {
    action();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}
