import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { LayercastError } from '../../dist/base/errors.js';
import { blockOf, blockSymbolCount, firstSymbolOf, geometryOf } from '../../dist/object/geometry.js';
import { finishAs, openObjectFile } from '../../dist/retrieve/object-file.js';
import { heldIn } from '../object/held.js';
import { bytesOfBlock, bytesOfGuest, bytesOfSymbol, descriptorOf } from '../store/crash-object.js';
import { CrashRestorer, contentOf, digestOf, UNSOLVABLE } from '../store/crash-restorer.js';
import { scratchDirectory } from '../store/scratch.js';

const scratch = await scratchDirectory();
let nameCount = 0;

/** Four blocks of 30 or 31 symbols over pages of 64; the last symbol is short. */
const GEOMETRY = geometryOf(123 * 1200 - 7, 1200, 4);
const DESCRIPTOR = descriptorOf(GEOMETRY);
const LAST = GEOMETRY.symbolCount - 1;

function newDirectory(): string {
  const directory = join(scratch, `${nameCount++}`);
  mkdirSync(directory);
  return directory;
}

function openIn(
  directory: string,
  restorer = new CrashRestorer(GEOMETRY, 4),
  lock?: { readonly requireHeld: () => Promise<void> },
) {
  const [partPath, journalPath] = [join(directory, 'out.part'), join(directory, 'out.journal')];
  return openObjectFile(DESCRIPTOR, {
    partPath,
    journalPath,
    restorer,
    finish: finishAs(join(directory, 'out')),
    lock,
  });
}
type Store = Awaited<ReturnType<typeof openIn>>;

function restore(store: Store, block: number, digest = digestOf(GEOMETRY, block)) {
  return store.restoreBlock(block, contentOf(GEOMETRY, block, store.holdings), digest);
}

/** What is on disk now, as the next process finds it after this one is killed. */
function crashed(directory: string): string {
  const copy = newDirectory();
  for (const name of ['out.journal', 'out.part']) cpSync(join(directory, name), join(copy, name));
  return copy;
}

function blockRange(block: number): readonly [first: number, end: number] {
  const first = firstSymbolOf(GEOMETRY, block);
  return [first, first + blockSymbolCount(GEOMETRY, block)];
}

function ownEsi(place: number): number {
  return place - firstSymbolOf(GEOMETRY, blockOf(GEOMETRY, place));
}

function writeOwn(store: Store, symbol: number): boolean {
  const bytes = bytesOfSymbol(GEOMETRY, symbol);
  return store.writeSymbol(symbol, ownEsi(symbol), bytes, 0, bytes.length);
}

function writeGuest(store: Store, place: number, esi: number): boolean {
  const bytes = bytesOfGuest(GEOMETRY, blockOf(GEOMETRY, place), esi);
  return store.writeSymbol(place, esi, Buffer.concat([Buffer.alloc(3), bytes]), 3, bytes.length);
}

/** What a store claims that each place holds, after a check against the bytes in the file. */
async function trueClaims(store: Store, directory: string): Promise<Map<number, string>> {
  const file = await readFile(join(directory, 'out.part'));
  const claims = new Map<number, string>();
  for (let place = 0; place < GEOMETRY.symbolCount; place++) {
    const esi = store.holdings.guestAt(place);
    const isOwn = store.holdings.filled.has(place) && esi < 0;
    if (esi < 0 && !isOwn) continue;
    expect(esi >= 0 && isOwn, `place ${place} is claimed twice`).toBe(false);
    const expected = isOwn ? bytesOfSymbol(GEOMETRY, place) : bytesOfGuest(GEOMETRY, blockOf(GEOMETRY, place), esi);
    const found = file.subarray(place * GEOMETRY.symbolBytes, place * GEOMETRY.symbolBytes + expected.length);
    if (!found.equals(expected)) expect.fail(`place ${place} does not hold ${isOwn ? 'its own' : `ESI ${esi}`}`);
    claims.set(place, isOwn ? 'own' : String(esi));
  }
  return claims;
}

/** Lets the next fdatasync of the process fail as a dying disk makes it fail. */
async function failNextSync(): Promise<void> {
  const handle = await open(scratch);
  const methods: { datasync(): Promise<void> } = Object.getPrototypeOf(handle);
  vi.spyOn(methods, 'datasync').mockRejectedValueOnce(Object.assign(new Error('EIO: i/o error'), { code: 'EIO' }));
  await handle.close();
}
afterEach(() => vi.restoreAllMocks());

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('write' as const), at: fc.nat(LAST), run: fc.nat(20) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('writeGuest' as const),
      at: fc.nat(LAST),
      esi: fc.integer({ min: 100, max: 200 }),
      run: fc.nat(20),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('restore' as const), block: fc.nat(3), isAwaited: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('fail' as const), block: fc.nat(3), isUnsolved: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reject' as const), block: fc.nat(3) }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('checkpoint' as const), isAwaited: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('turn' as const), count: fc.integer({ min: 1, max: 8 }) }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'look' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'crash' as const }) },
);

/** A store beside plain maps of the symbols that it was given and of those that a crash cannot take any more. */
class Model {
  store!: Store;
  directory!: string;
  /** Place → `own` or the ESI of its guest, written and not taken back. */
  held = new Map<number, string>();
  /** The part of `held` that a checkpoint has confirmed. */
  safe = new Map<number, string>();
  readonly restoring = new Map<number, Promise<void>>();
  checkpoints: Promise<void>[] = [];
  /** What was written before a block was rejected is another thing than the same written after. */
  readonly rejectCounts = new Array<number>(GEOMETRY.blockCount).fill(0);

  async open(directory: string): Promise<void> {
    this.directory = directory;
    this.store = await openIn(directory);
    const claims = await trueClaims(this.store, directory);
    for (const [place, what] of this.safe) expect(claims.get(place), `place ${place}`).toBe(what);
    this.held = new Map(claims);
    this.safe = new Map(claims);
  }

  write(symbol: number): void {
    const before = this.held.get(symbol);
    const taken = writeOwn(this.store, symbol);
    if (this.restoring.has(blockOf(GEOMETRY, symbol)) || (before !== undefined && before !== 'own')) {
      expect(taken).toBe(false);
    }
    if (taken) this.held.set(symbol, 'own');
  }

  writeGuest(place: number, esi: number): void {
    const taken = writeGuest(this.store, place, esi);
    if (this.restoring.has(blockOf(GEOMETRY, place)) || this.held.has(place)) expect(taken).toBe(false);
    if (taken) this.held.set(place, String(esi));
  }

  restore(block: number): Promise<void> {
    const running = this.restoring.get(block);
    if (running !== undefined) return running;
    const [first, end] = blockRange(block);
    const restored = restore(this.store, block).then((outcome) => {
      expect(outcome).toBe('genuine');
      this.restoring.delete(block);
      for (let place = first; place < end; place++) this.held.set(place, 'own');
    });
    // From now on its guests may go at any moment.
    for (let place = first; place < end; place++) {
      if (this.held.get(place) !== 'own') this.held.delete(place);
      if (this.safe.get(place) !== 'own') this.safe.delete(place);
    }
    this.restoring.set(block, restored);
    return restored;
  }

  /** A block that turns out not to be genuine holds what it held, and every claim stays. */
  async fail(block: number, isUnsolved: boolean): Promise<void> {
    if (this.restoring.has(block)) return;
    const digest = isUnsolved ? UNSOLVABLE : new Uint8Array(32).fill(1);
    expect(await restore(this.store, block, digest)).toBe(isUnsolved ? 'unsolved' : 'wrong');
  }

  reject(block: number): void {
    // The receiver rejects a block after restoring it, never meanwhile.
    if (this.restoring.has(block)) return;
    const [first, end] = blockRange(block);
    for (let place = first; place < end; place++) {
      this.held.delete(place);
      this.safe.delete(place);
    }
    this.rejectCounts[block]!++;
    this.store.rejectPlaces(first, end - first);
  }

  checkpoint(): Promise<void> {
    const given = new Map(this.held);
    const rejectCounts = [...this.rejectCounts];
    const done = this.store.checkpoint().then(() => {
      for (const [place, what] of given) {
        const block = blockOf(GEOMETRY, place);
        const isSame = this.rejectCounts[block] === rejectCounts[block] && this.held.get(place) === what;
        if (isSame) this.safe.set(place, what);
      }
    });
    this.checkpoints.push(done);
    return done;
  }

  /** Waits for writes under way, to a file that no test reads any more. */
  async abandon(): Promise<void> {
    await Promise.all([...this.restoring.values(), ...this.checkpoints]);
    this.restoring.clear();
    this.checkpoints = [];
    await this.store.close();
  }
}

describe('the store of an object that becomes a file', () => {
  it('claims after a crash at any moment only symbols on disk, and all that a checkpoint has confirmed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 50, size: 'max' }), async (steps) => {
        const model = new Model();
        await model.open(newDirectory());
        for (const now of steps) {
          // The store may have restored a block in this turn; the model must have heard of that.
          await new Promise((resolve) => process.nextTick(resolve));
          if (now.kind === 'write') {
            for (let at = now.at; at <= Math.min(LAST, now.at + now.run); at++) model.write(at);
          } else if (now.kind === 'writeGuest') {
            for (let i = 0; i <= now.run && now.at + i < LAST; i++) model.writeGuest(now.at + i, now.esi + i);
          } else if (now.kind === 'restore') {
            const restored = model.restore(now.block);
            if (now.isAwaited) await restored;
          } else if (now.kind === 'fail') await model.fail(now.block, now.isUnsolved);
          else if (now.kind === 'reject') model.reject(now.block);
          else if (now.kind === 'checkpoint') {
            const done = model.checkpoint();
            if (now.isAwaited) await done;
          } else if (now.kind === 'turn') {
            for (let i = 0; i < now.count; i++) await new Promise(setImmediate);
          } else {
            const found = crashed(model.directory);
            const safe = new Map(model.safe);
            if (now.kind === 'crash') {
              await model.abandon();
              model.safe = safe;
              await model.open(found);
            } else {
              const other = new Model();
              other.safe = safe;
              await other.open(found);
              await other.abandon();
            }
          }
        }
        await model.abandon();
        const closed = await openIn(model.directory);
        expect(await trueClaims(closed, model.directory)).toEqual(
          new Map([...model.held].toSorted(([a], [b]) => a - b)),
        );
        await closed.discard();
      }),
      { numRuns: 30 },
    );
  });

  it('returns the restored block, whatever symbols waited to be written before', async () => {
    const directory = newDirectory();
    const store = await openIn(directory);
    const [first, end] = blockRange(1);
    for (let place = first; place < end; place += 2) writeGuest(store, place, 500 + place);
    for (let place = first + 1; place < end; place += 4) writeOwn(store, place);
    for (const neighbour of [first - 1, end]) expect(writeOwn(store, neighbour)).toBe(true);
    const restored = restore(store, 1);
    expect(writeOwn(store, first)).toBe(false);
    expect(writeGuest(store, first + 3, 900)).toBe(false);
    await expect(restore(store, 1)).rejects.toMatchObject({ code: 'INTERNAL' });
    await restored;
    const into = Buffer.alloc(bytesOfBlock(GEOMETRY, 1).length);
    await store.read(first, into);
    expect(into.equals(bytesOfBlock(GEOMETRY, 1))).toBe(true);
    await store.close();
    const again = await openIn(directory);
    expect(heldIn(again.holdings)).toEqual({ guestCount: 0, ownCount: end - first + 2 });
    await trueClaims(again, directory);
    await again.discard();
  });

  it('takes guests into the places of a rejected block after the next checkpoint', async () => {
    const directory = newDirectory();
    const store = await openIn(directory);
    expect(writeOwn(store, 40)).toBe(true);
    expect(writeGuest(store, 41, 300)).toBe(true);
    await store.checkpoint();
    store.rejectPlaces(blockRange(1)[0], blockRange(1)[1] - blockRange(1)[0]);
    expect(writeGuest(store, 40, 301)).toBe(false);
    expect(writeGuest(store, 41, 301)).toBe(false);
    expect(writeOwn(store, 41)).toBe(false);
    await store.checkpoint();
    expect(writeGuest(store, 40, 301)).toBe(true);
    expect(writeOwn(store, 41)).toBe(true);
    await store.close();
    const again = await openIn(directory);
    expect([...(await trueClaims(again, directory))]).toEqual([
      [40, '301'],
      [41, 'own'],
    ]);
    await again.discard();
  });

  it('does not write over a guest that the journal could not forget', async () => {
    const directory = newDirectory();
    const store = await openIn(directory);
    const [first] = blockRange(1);
    expect(writeGuest(store, first, 300)).toBe(true);
    expect(writeOwn(store, first + 1)).toBe(true);
    await store.checkpoint();
    const before = await readFile(join(directory, 'out.part'));
    await failNextSync();
    await expect(restore(store, 1)).rejects.toMatchObject({ code: 'FILE_IO' });
    expect(await readFile(join(directory, 'out.part'))).toEqual(before);
    const other = await openIn(crashed(directory));
    expect(other.holdings.filled.has(first + 1)).toBe(true);
    await other.discard();
    await expect(store.close()).rejects.toMatchObject({ code: 'FILE_IO' });
  });

  it.each([0, 1, 3])(
    'claims no guest that may be gone when its restoring failed after %d pieces',
    async (pieceCount) => {
      const directory = newDirectory();
      const restorer = new CrashRestorer(GEOMETRY, 4);
      const store = await openIn(directory, restorer);
      const [first, end] = blockRange(1);
      for (let place = first; place < end; place += 2) expect(writeGuest(store, place, 500 + place)).toBe(true);
      for (let place = first + 1; place < end; place += 2) expect(writeOwn(store, place)).toBe(true);
      await store.checkpoint();
      restorer.failsAfter = pieceCount;
      await expect(restore(store, 1)).rejects.toThrow('the thread is lost');
      for (const found of [crashed(directory), directory]) {
        if (found === directory) await store.close();
        const again = await openIn(found);
        expect(heldIn(again.holdings)).toEqual({ ownCount: 15, guestCount: 0 });
        await trueClaims(again, found);
        await again.discard();
      }
    },
  );

  it('prepares to restore blocks when the first guest comes, and gives the memory back before the file is finished', async () => {
    const restorer = new CrashRestorer(GEOMETRY, 4);
    const store = await openIn(newDirectory(), restorer);
    expect(store.restoresAtOnce).toBe(2);
    for (let place = 0; place < 40; place++) expect(writeOwn(store, place)).toBe(true);
    expect(restorer.preparedCount).toBe(0);
    for (let place = 40; place < 45; place++) expect(writeGuest(store, place, 500 + place)).toBe(true);
    expect(restorer.preparedCount).toBe(1);
    for (let block = 1; block < 4; block++) expect(await restore(store, block)).toBe('genuine');
    expect(restorer.restCount).toBe(0);
    await store.commit();
    expect(restorer.restCount).toBe(1);
  });

  it('closes only after the block that is being restored is written', async () => {
    const directory = newDirectory();
    const store = await openIn(directory);
    expect(writeGuest(store, 3, 300)).toBe(true);
    await store.checkpoint();
    const restored = restore(store, 0);
    await store.close();
    await restored;
    const again = await openIn(directory);
    expect(heldIn(again.holdings)).toEqual({ ownCount: 31, guestCount: 0 });
    await trueClaims(again, directory);
    const last = restore(again, 3);
    await again.discard();
    await last;
    await expect(restore(again, 3)).rejects.toMatchObject({ code: 'INTERNAL' });
  });

  it('refuses a place, an ESI and a block that do not exist', async () => {
    const store = await openIn(newDirectory());
    const refused = expect.objectContaining({ code: 'INTERNAL' });
    for (const [place, esi] of [
      [LAST, 500],
      [LAST + 1, 500],
      [-1, 500],
      [3, 2 ** 24],
    ] as const) {
      expect(() => store.writeSymbol(place, esi, new Uint8Array(1200), 0, 1200), `${esi} at ${place}`).toThrow(refused);
    }
    expect(() => store.writeSymbol(3, 500, new Uint8Array(1200), 1, 1200)).toThrow(refused);
    for (const esi of [3, 500]) {
      expect(() => store.writeSymbol(3, esi, new Uint8Array(1200), 0, 1199)).toThrow(refused);
    }
    expect(() => store.writeSymbol(LAST, ownEsi(LAST), new Uint8Array(1200), 0, 1200)).toThrow(refused);
    for (const [block, placeCount] of [
      [0, 30],
      [4, 30],
      [-1, 31],
    ] as const) {
      const content = { esis: new Int32Array(placeCount), spares: [] };
      const restored = store.restoreBlock(block, content, new Uint8Array(32));
      await expect(restored, `${placeCount} places of ${block}`).rejects.toMatchObject({ code: 'INTERNAL' });
    }
    await store.discard();
  });

  it.each(['checkpoint', 'commit', 'close'] as const)(
    'tells that its lock is lost, and not that another process has its part file, at the next %s',
    async (end) => {
      const directory = newDirectory();
      const lost = new LayercastError('FILE_IN_USE', 'this process was suspended');
      let isHeld = true;
      const requireHeld = async () => {
        if (!isHeld) throw lost;
      };
      const store = await openIn(directory, new CrashRestorer(GEOMETRY, 4), { requireHeld });
      for (let symbol = 0; symbol <= LAST; symbol++) while (!writeOwn(store, symbol)) await new Promise(setImmediate);
      await rm(join(directory, 'out.part'));
      const ended = store[end]();
      // The process is suspended after the lock was looked at, and before the part file is.
      isHeld = false;
      await expect(ended).rejects.toBe(lost);
      expect(existsSync(join(directory, 'out'))).toBe(false);
      await store.close().catch(() => undefined);
    },
  );
});
