import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { firewallIn } from '../../../dist/doctor/facts/firewall-facts.js';
import { folderFacts } from '../../../dist/doctor/facts/folder-facts.js';
import { bridgeFacts, linkFacts } from '../../../dist/doctor/facts/link-facts.js';
import { mldCountsIn } from '../../../dist/doctor/facts/mld-counts.js';

const folder = mkdtempSync(join(tmpdir(), 'layercast-doctor-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('counts of MLD', () => {
  it('are those of queries and of reports by version, and 0 for a type that the kernel leaves out', () => {
    const text = 'ifIndex                         \t3\nIcmp6InType130                  \t12\nIcmp6OutType143  \t4\n';
    expect(mldCountsIn(text)).toEqual({ queryCount: 12, v1ReportCount: 0, v2ReportCount: 4 });
  });

  it('are numbers for any text', () => {
    fc.assert(fc.property(fc.string(), (text) => Object.values(mldCountsIn(text)).every(Number.isFinite)));
  });
});

describe('the firewall', () => {
  const chain = (fields: object) => ({
    chain: { family: 'inet', table: 'filter', name: 'input', hook: 'input', ...fields },
  });
  const listed = (...chains: readonly object[]) => JSON.stringify({ nftables: [{ metainfo: {} }, ...chains] });

  it('is the chain of arriving IPv6 packets that drops what no rule accepts', () => {
    const json = listed(chain({ family: 'ip' }), chain({ name: 'first', policy: 'accept' }), chain({ policy: 'drop' }));
    expect(firewallIn(json)).toEqual({ program: 'nft', inputChain: 'inet filter input' });
  });

  it.each([
    [chain({ table: 'firewalld', name: 'filter_INPUT' }), 'firewalld'],
    [chain({ family: 'ip6', name: 'INPUT' }), 'ufw'],
  ])('is known by its tables and chains', (input, program) => {
    const rules = { chain: { family: 'ip6', table: 'filter', name: 'ufw6-before-input' } };
    expect(firewallIn(listed(input, rules))?.program).toBe(program);
  });

  it('is none without such a chain, or in text of another kind', () => {
    for (const text of [listed(), listed(chain({ hook: 'output' })), 'nonsense', '{}']) {
      expect(firewallIn(text)).toBeUndefined();
    }
  });
});

describe('links', () => {
  const bridge = {
    ifname: 'br0',
    linkinfo: { info_kind: 'bridge', info_data: { mcast_snooping: 1, mcast_querier: 0, mcast_mld_version: 2 } },
  };
  const told = { name: 'br0', isSnooping: true, isQuerier: false, mldVersion: 2 };

  it('have the bridge that they are or belong to', () => {
    const links = [bridge, { ifname: 'eth0', master: 'br0' }, { ifname: 'eth1', master: 'bond0' }];
    expect(['br0', 'eth0', 'eth1', 'eth2'].map((name) => bridgeFacts(name, links))).toEqual([
      told,
      told,
      undefined,
      undefined,
    ]);
  });

  it('have the flag of multicast if iproute2 tells it', () => {
    const flagsOf = (flags: readonly string[]) => linkFacts('none', [{ ifname: 'none', flags }]).canMulticast;
    expect([flagsOf(['MULTICAST', 'UP']), flagsOf(['UP'])]).toEqual([true, false]);
    expect(linkFacts('none', []).canMulticast).toBeUndefined();
  });
});

describe('a folder', () => {
  it('is tried by a file that is gone afterwards; the nearest one that exists stands for one that is missing', async () => {
    const facts = await folderFacts(join(folder, 'not', 'there'));
    expect(facts).toMatchObject({ triedPath: folder, failure: undefined });
    expect(facts.freeBytes).toBeGreaterThan(0);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('that takes no files has the reason of the system', async () => {
    expect(await folderFacts('/proc')).toMatchObject({ triedPath: '/proc', failure: expect.stringMatching(/^E/) });
    writeFileSync(join(folder, 'file'), '');
    expect(await folderFacts(join(folder, 'file'))).toMatchObject({ failure: 'ENOTDIR' });
  });
});
