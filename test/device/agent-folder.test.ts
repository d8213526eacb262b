import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgentFolder } from '../../dist/device/agent-folder.js';

describe('the folder of an agent', () => {
  let stateDir: string;
  beforeAll(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'layercast-'));
  });
  afterAll(() => rm(stateDir, { recursive: true }));

  const open = () =>
    AgentFolder.open({
      stateDir,
      fleet: 'acme',
      anchorId: 'ab',
      signal: new AbortController().signal,
      onWaiting: () => undefined,
      onDamaged: () => undefined,
    });

  it('keeps the records that are announced for the next life, and begins with none', async () => {
    const records = [
      { record: Buffer.of(1, 2, 255), announcedBy: 'fd00::1' },
      { record: Buffer.alloc(2000, 7), announcedBy: undefined },
    ];
    {
      await using folder = await open();
      expect(await folder.loadAnnounced()).toEqual([]);
      await folder.saveAnnounced(records);
    }
    await using folder = await open();
    expect(await folder.loadAnnounced()).toEqual(records);
    await folder.saveAnnounced([]);
    expect(await folder.loadAnnounced()).toEqual([]);
    // A disk that damaged the file gives bytes that no signature fits, and no error.
    const [agent] = await readdir(join(stateDir, 'agent'));
    await writeFile(join(stateDir, 'agent', agent!, 'announced'), '\u0000\nfoo\n');
    expect(await folder.loadAnnounced()).toBeInstanceOf(Array);
  });
});
