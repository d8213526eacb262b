import { describe, expect, it } from 'vitest';
import { FROM_DISK, Origins } from '../../../dist/receiver/assemble/origins.js';

/** Source ids. */
const [FORGER, ONE, OTHER, SERVER, TWO] = [1002, 1004, 1003, 1001, 1005] as const;

function shares(...pairs: readonly (readonly [number, number])[]): ReadonlyMap<number, number> {
  return new Map(pairs);
}

describe('origins', () => {
  it('have one number for each source, and never the number of the disk', () => {
    const origins = new Origins();
    const ids = [71, 72, 71, 73, 72].map((sourceId) => origins.idOf(sourceId));
    expect(ids).toEqual([1, 2, 1, 3, 2]);
    expect(ids).not.toContain(FROM_DISK);
  });

  it('are bounded: sources beyond 254 share the last number, and those before keep theirs', () => {
    const origins = new Origins();
    for (let i = 0; i < 10_000; i++) origins.idOf(1000 + i);
    expect([1000, 1253, 1254, 1255, 5].map((sourceId) => origins.idOf(sourceId))).toEqual([1, 254, 255, 255, 255]);
  });

  it('never prove the number that the sources beyond 254 share, whether or not their blocks were right', () => {
    const origins = new Origins();
    for (let i = 0; i < 300; i++) origins.idOf(i);
    const [server, late] = [origins.idOf(0), origins.idOf(299)];
    origins.approve([server, late]);
    expect([origins.isProven(server), origins.isProven(late)]).toEqual([true, false]);
    expect([...origins.blame(shares([server, 1], [late, 99])).kept]).toEqual([server]);
  });

  it('that filled a wrong block alone are banned', () => {
    const origins = new Origins();
    const [server, forger] = [origins.idOf(SERVER), origins.idOf(FORGER)];
    expect([...origins.blame(shares([forger, 10])).kept]).toEqual([]);
    expect([origins.isBanned(forger), origins.isBanned(server)]).toEqual([true, false]);
  });

  it('that filled a wrong block with others are not banned: the symbols of the largest source stay, and it fills the block alone from then on', () => {
    const origins = new Origins();
    const [server, forger] = [origins.idOf(SERVER), origins.idOf(FORGER)];
    for (let i = 0; i < 10; i++) {
      expect(origins.blame(shares([server, 90], [forger, 10]))).toEqual({ kept: new Set([server]), owner: server });
    }
    expect([origins.isBanned(server), origins.isBanned(forger)]).toEqual([false, false]);
  });

  it('that own a block keep it, however many symbols of others it still has', () => {
    const origins = new Origins();
    const [server, forger] = [origins.idOf(SERVER), origins.idOf(FORGER)];
    const verdict = origins.blame(shares([server, 10], [forger, 90]), server);
    expect(verdict).toEqual({ kept: new Set([server]), owner: server });
  });

  it('that were three times the only unproven source of a wrong block are banned', () => {
    const origins = new Origins();
    const [server, forger] = [origins.idOf(SERVER), origins.idOf(FORGER)];
    origins.approve([server]);
    for (let i = 0; i < 3; i++) {
      expect(origins.isBanned(forger)).toBe(false);
      expect(origins.blame(shares([server, 90], [forger, 10]))).toEqual({ kept: new Set([server]), owner: server });
    }
    expect([origins.isBanned(server), origins.isBanned(forger)]).toEqual([false, true]);
  });

  it('of which several are not proven are tried one after the other: honest servers are not banned with a forger', () => {
    const origins = new Origins();
    const [server, other, forger] = [origins.idOf(SERVER), origins.idOf(OTHER), origins.idOf(FORGER)];
    origins.approve([server]);
    for (let i = 0; i < 10; i++) {
      const verdict = origins.blame(shares([server, 50], [other, 40], [forger, 10]));
      expect(verdict).toEqual({ kept: new Set([server]), owner: other });
    }
    expect([origins.isBanned(other), origins.isBanned(forger)]).toEqual([false, false]);
  });

  it('that were proven before keep their symbols, however few they are', () => {
    const origins = new Origins();
    const [server, forger] = [origins.idOf(SERVER), origins.idOf(FORGER)];
    origins.approve([server]);
    expect([...origins.blame(shares([server, 1], [forger, 99])).kept]).toEqual([server]);
    expect([origins.isProven(server), origins.isProven(forger)]).toEqual([true, false]);
  });

  it('that were all proven and are wrong together lose their proof: one of them has changed', () => {
    const origins = new Origins();
    const [one, two] = [origins.idOf(ONE), origins.idOf(TWO)];
    origins.approve([one, two]);
    expect([...origins.blame(shares([one, 5], [two, 5])).kept]).toEqual([]);
    expect([origins.isProven(one), origins.isProven(two), origins.isBanned(one)]).toEqual([false, false, false]);
  });

  it('that are all banned may all try again, or nothing would ever come', () => {
    const origins = new Origins();
    const [one, two] = [origins.idOf(ONE), origins.idOf(TWO)];
    origins.blame(shares([one, 3]));
    expect(origins.isBanned(one)).toBe(true);
    origins.blame(shares([two, 3]));
    expect([origins.isBanned(one), origins.isBanned(two)]).toEqual([false, false]);
  });

  it('that had a part in a right block are forgiven', () => {
    const origins = new Origins();
    const [server, other] = [origins.idOf(SERVER), origins.idOf(OTHER)];
    for (let i = 0; i < 2; i++) origins.blame(shares([server, 90], [other, 10]));
    origins.approve([server, other]);
    // Both are proven now, and earlier wrong blocks no longer count against them.
    origins.blame(shares([server, 90], [other, 10]));
    for (let i = 0; i < 2; i++) origins.blame(shares([server, 90], [other, 10]));
    expect(origins.isBanned(other)).toBe(false);
  });

  it('of an earlier run never keep symbols in a wrong block, and other sources are not blamed for them', () => {
    const origins = new Origins();
    const server = origins.idOf(SERVER);
    origins.idOf(OTHER);
    for (let i = 0; i < 5; i++)
      expect([...origins.blame(shares([FROM_DISK, 90], [server, 10])).kept]).toEqual([server]);
    expect(origins.isBanned(server)).toBe(false);
  });

  it('of an earlier run keep no symbols even if other blocks of that run were right', () => {
    const origins = new Origins();
    const [server, other] = [origins.idOf(SERVER), origins.idOf(OTHER)];
    origins.approve([FROM_DISK, server]);
    expect([...origins.blame(shares([FROM_DISK, 90], [server, 10])).kept]).toEqual([server]);
    expect(origins.isProven(server)).toBe(true);
    // An honest server is not banned for wrong symbols on disk, however often there are some.
    for (let i = 0; i < 5; i++) expect([...origins.blame(shares([FROM_DISK, 90], [other, 10])).kept]).toEqual([other]);
    expect(origins.isBanned(other)).toBe(false);
  });

  it('that are banned keep no symbols even if they sent most', () => {
    const origins = new Origins();
    const [server, forger] = [origins.idOf(SERVER), origins.idOf(FORGER)];
    origins.ban(forger);
    expect([...origins.blame(shares([server, 10], [forger, 90])).kept]).toEqual([server]);
  });

  it('of an earlier run cannot be banned', () => {
    const origins = new Origins();
    origins.idOf(SERVER);
    for (let i = 0; i < 5; i++) origins.blame(shares([FROM_DISK, 10]));
    expect(origins.isBanned(FROM_DISK)).toBe(false);
  });
});
