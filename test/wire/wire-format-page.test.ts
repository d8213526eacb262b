import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { recordVectors } from './descriptor-samples.js';
import { vectorsOf } from './vectors.js';

const page = readFileSync(new URL('../../docs/wire-format.md', import.meta.url), 'utf8');
/** What stands in the page's indented blocks, without white space. */
const shown = page
  .split('\n')
  .filter((line) => line.startsWith('    '))
  .join('')
  .replaceAll(/\s/g, '');

describe('the page on the wire format', () => {
  it('names every file of vectors', () => {
    // The frames of iotupd are another program's: docs/interworking.md names theirs.
    const files = readdirSync(new URL('../vectors', import.meta.url)).filter((file) => file !== 'iotupd.json');
    expect(files.length).toBeGreaterThan(3);
    expect(files.filter((file) => !page.includes(`(../test/vectors/${file})`))).toEqual([]);
  });

  it('shows bytes as they are in the vectors', () => {
    const [header] = vectorsOf<{ readonly accepted: readonly { readonly bytes: string }[] }>('headers').accepted;
    const [tag] = vectorsOf<readonly { readonly input: string; readonly tag: string }[]>('object-tags');
    const lastRun = vectorsOf<{ readonly runs: readonly { readonly datagram: string }[] }>('digests').runs.at(-1);
    const [record] = recordVectors;
    expect(shown).toContain(header!.bytes);
    expect(shown).toContain(tag!.input);
    expect(page).toContain(`\`${tag!.tag}\``);
    expect(shown).toContain(record!.body);
    expect(shown).toContain(record!.signature);
    expect(shown).toContain(record!.datagrams[0]!.slice(0, 96));
    const { runs } = vectorsOf<{ readonly runs: readonly { readonly record: string }[] }>('runs');
    expect(shown).toContain(lastRun!.datagram.slice(0, 96));
    const [root] = vectorsOf<{ readonly records: readonly { readonly record: string }[] }>('roots').records;
    expect(shown).toContain(root!.record);
    expect(shown).toContain(runs[0]!.record.slice(0, 96));
  });

  it('shows groups as they are in the vectors', () => {
    const groups =
      vectorsOf<readonly { readonly name: string; readonly ssm: boolean; readonly group: string }[]>('groups');
    const wanted = groups.filter(({ name, ssm }) => name === 'example.com' || (name === 'lab/firmware/0' && ssm));
    expect(wanted.length).toBeGreaterThanOrEqual(3);
    for (const { group } of wanted.slice(0, 3)) expect(page).toContain(`\`${group}\``);
  });

  it('shows the steps of the usual ladder as they are in the vectors', () => {
    const [ladder] = vectorsOf<readonly { readonly stepSlots: number[]; readonly stepLevels: number[] }[]>('steps');
    const seconds = ladder!.stepSlots.map((slots) => slots / 2).join(' | ');
    expect(page).toContain(`| seconds from one step up to the next | ${seconds} | |`);
    expect(page).toContain(`step level is ${ladder!.stepLevels.join(', ')} and again`);
  });
});
