import { closeSync, openSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BlockEncoder } from '../../../dist/fec/index.js';
import { blockLength, blockOffset, type Geometry, geometryOf } from '../../../dist/object/geometry.js';
import { CodedObject } from '../../../dist/publish/symbols/coded-object.js';
import { Spool, spoolBytes } from '../../../dist/publish/symbols/spool.js';
import { SpoolMaker } from '../../../dist/publish/symbols/spool-maker.js';
import { type Arc, planRing } from '../../../dist/sender/schedule/ring.js';
import { nextRepairEsi, repairRangeOf } from '../../../dist/sender/schedule/stretches.js';
import { ArcOrder } from '../../../dist/sender/schedule/symbol-order.js';
import { SymbolRuns } from '../../../dist/sender/symbol-runs.js';
import { scratchDirectory } from '../../store/scratch.js';
import { cacheIn, digestOf, notAborted, publishedFile } from '../coded-objects.js';

const scratch = await scratchDirectory();
let folderCount = 0;

/** An object in the coding thread, in this thread. */
async function rig(geometry: Geometry) {
  const folder = join(scratch, String(folderCount++));
  const { source, content } = await publishedFile(folder, geometry.sizeBytes, folderCount);
  const rows = await cacheIn(folder).open(source, geometry, digestOf('object'), notAborted);
  const faults: Spool[] = [];
  const onFault = (spool: Spool) => faults.push(spool);
  const object = new CodedObject({ sourceFd: source.fd, fd: rows.fd, geometry, heldBytes: 0 }, [], onFault);
  const maker = new SpoolMaker(() => [object], onFault);
  onTestFinished(() => rows.close());

  const encoders = Array.from({ length: geometry.blockCount }, (_, block) => {
    const start = blockOffset(geometry, block);
    const bytes = content.subarray(start, start + blockLength(geometry, block));
    return BlockEncoder.fromSource(bytes, geometry.symbolBytes);
  });

  return {
    object,
    maker,
    faults,
    async addSpool(arc: Arc, position: number, fd?: number): Promise<Spool> {
      const range = repairRangeOf(arc, geometry.longBlockSymbolCount);
      const hasSources = arc.firstEsi < geometry.longBlockSymbolCount;
      const channel = { range, hasSources, repairIntervalUs: 1 };
      const perBlock = Math.floor(position / (4 * geometry.blockCount)) * 4;
      const nextEsi = nextRepairEsi(arc, perBlock, geometry.longBlockSymbolCount);
      if (fd === undefined) {
        const file = await open(join(folder, `spool${object.spools.length}`), 'wx+');
        onTestFinished(() => file.close());
        fd = file.fd;
      }
      const spool = new Spool(fd, geometry, channel, nextEsi);
      object.spools.push(spool);
      maker.wake();
      return spool;
    },
    /** Gives the maker turns; without a number, until it has nothing to do. */
    async giveTurns(count = Number.POSITIVE_INFINITY): Promise<void> {
      for (let i = 0; i < count; i++) {
        maker.wake();
        await new Promise(setImmediate);
        if (object.spools.every(({ isEnded, spareUs }) => isEnded || spareUs === undefined)) return;
      }
    },
    /** Requests the next symbols of an order and checks them. @returns whether all repair symbols came from the spool */
    request(order: ArcOrder, count: number): boolean {
      const runs = new SymbolRuns();
      const { symbolBytes } = geometry;
      const stride = symbolBytes + 5;
      const expected = new Uint8Array(count * stride);
      for (let i = 0; i < count; i++, order.advance()) {
        const { block, esi, length } = order;
        runs.add(block, esi, i * stride, stride);
        const symbol = new Uint8Array(symbolBytes);
        encoders[block]!.encode(esi, symbol);
        expected.set(symbol.subarray(0, length), i * stride);
      }
      const into = new Uint8Array(new SharedArrayBuffer(expected.length));
      const lackMs = object.make(runs, into, stride);
      maker.owe(lackMs);
      maker.wake();
      expect(Buffer.compare(into, expected)).toBe(0);
      return lackMs === 0;
    },
  };
}

const arcsOf = (blockSymbolCount: number, mode: 'several' | 'best' = 'several') =>
  planRing({ blockSymbolCount, mode, rates: [2e6, 1e6, 3e6], serverCount: 1 })[0]!;

describe('a spool', () => {
  it('has every repair symbol of its channel in time, when time suffices, and the channel goes around its arc', async () => {
    // Of two channels, the first with source symbols between.
    for (const channel of [0, 1]) {
      const geometry = geometryOf(3 * 24 * 32, 32, 3);
      const { addSpool, giveTurns, request } = await rig(geometry);
      const arc = arcsOf(24)[channel]!;
      const order = new ArcOrder(geometry, arc, 100);
      await addSpool(arc, 100);
      for (let requested = 0; requested < 3 * (2 * arc.symbolCount + 100); requested += 30) {
        await giveTurns();
        expect(request(order, 30)).toBe(true);
      }
    }
  });

  it('changes no symbol, wherever channels are, and however late it is', async () => {
    const cases = fc.record({
      symbolCount: fc.integer({ min: 5, max: 150 }),
      blockCount: fc.integer({ min: 1, max: 5 }),
      symbolBytes: fc.constantFrom(16, 33, 512),
      lackBytes: fc.nat(15),
      mode: fc.constantFrom('several' as const, 'best' as const),
      positions: fc.array(fc.nat(5000), { minLength: 3, maxLength: 3 }),
      requests: fc.array(
        fc.record({ channel: fc.nat(2), count: fc.integer({ min: 1, max: 70 }), turnCount: fc.nat(6) }),
        { minLength: 1, maxLength: 25 },
      ),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ symbolCount, symbolBytes, lackBytes, mode, positions, requests, ...rest }) => {
        const blockCount = Math.min(rest.blockCount, symbolCount);
        const geometry = geometryOf(symbolCount * symbolBytes - lackBytes, symbolBytes, blockCount);
        const { addSpool, giveTurns, request } = await rig(geometry);
        const arcs = arcsOf(geometry.longBlockSymbolCount, mode);
        const orders = arcs.map((arc, i) => new ArcOrder(geometry, arc, positions[i]!));
        for (const [i, arc] of arcs.entries()) {
          if (repairRangeOf(arc, geometry.longBlockSymbolCount).count > 0) await addSpool(arc, positions[i]!);
        }
        for (const { channel, count, turnCount } of requests) {
          request(orders[channel]!, count);
          await giveTurns(turnCount);
        }
      }),
      { numRuns: 6, seed: 1 },
    );
  });

  it('that does not keep up makes the next segment rather than the rest of one that is half sent', async () => {
    const geometry = geometryOf(3 * 24 * 32, 32, 3);
    const { addSpool, giveTurns, request } = await rig(geometry);
    const arc = arcsOf(24)[1]!;
    const order = new ArcOrder(geometry, arc, 0);
    await addSpool(arc, 0);
    // A segment is 12 symbols of three blocks.
    expect(request(order, 24)).toBe(false);
    await giveTurns();
    expect(request(order, 12)).toBe(true);
    expect(request(order, 36)).toBe(true);
  });

  it.each([
    ['a full disk', () => openSync('/dev/full', 'r+')],
    ['a file that cannot be written', () => openSync('/dev/null', 'r')],
  ])('ends with %s, and symbols come from rows', async (_, openFile) => {
    const geometry = geometryOf(3000, 32, 2);
    const { addSpool, giveTurns, request, faults } = await rig(geometry);
    const arc = arcsOf(geometry.longBlockSymbolCount)[1]!;
    const fd = openFile();
    const spool = await addSpool(arc, 0, fd);
    await giveTurns();
    closeSync(fd);
    expect(faults).toEqual([spool]);
    request(new ArcOrder(geometry, arc, 0), 40);
  });

  it('ends when its file cannot be read, and the same request gets its symbols from rows', async () => {
    const geometry = geometryOf(3000, 32, 2);
    const { addSpool, giveTurns, request, faults } = await rig(geometry);
    const arc = arcsOf(geometry.longBlockSymbolCount)[1]!;
    const file = await open(join(scratch, 'unreadable'), 'w');
    onTestFinished(() => file.close());
    const spool = await addSpool(arc, 0, file.fd);
    await giveTurns();
    expect(faults).toEqual([]);
    request(new ArcOrder(geometry, arc, 0), 40);
    expect(faults).toEqual([spool]);
  });

  it('ends when its file has become shorter', async () => {
    const geometry = geometryOf(3000, 32, 2);
    const { addSpool, giveTurns, request, faults } = await rig(geometry);
    const arc = arcsOf(geometry.longBlockSymbolCount)[1]!;
    const file = await open(join(scratch, 'shorter'), 'w+');
    onTestFinished(() => file.close());
    const spool = await addSpool(arc, 0, file.fd);
    await giveTurns();
    await file.truncate(10);
    request(new ArcOrder(geometry, arc, 0), 40);
    expect(faults).toEqual([spool]);
  });

  it('that is not needed any more in the middle of a block writes nothing more', async () => {
    const geometry = geometryOf(600_000, 32, 2);
    const { addSpool, giveTurns } = await rig(geometry);
    const arc = arcsOf(geometry.longBlockSymbolCount)[1]!;
    const file = await open(join(scratch, 'ended'), 'w+');
    const spool = await addSpool(arc, 0, file.fd);
    await giveTurns(1);
    spool.isEnded = true;
    await file.close();
    await giveTurns(5);
  });

  it('takes as much room as the object', () => {
    const geometry = geometryOf(64 * 100 * 32, 32, 64);
    const [first] = arcsOf(100);
    const channel = { range: repairRangeOf(first!, 100), hasSources: true, repairIntervalUs: 1 };
    expect(spoolBytes(channel, geometry) / geometry.sizeBytes).toBeCloseTo(1, 1);
  });
});
