// The worker file of CodingThread (coding-thread.ts).
import { LayercastError } from '../../base/errors.js';
import type { SharedBytes } from '../../sender/slab.js';
import { SymbolRuns } from '../../sender/symbol-runs.js';
import type { Owner } from '../../work/calls.js';
import { serveCalls } from '../../work/serve-calls.js';
import { CodedObject, type OpenObject } from './coded-object.js';
import { Spool, type SpoolChannel } from './spool.js';
import { SpoolMaker } from './spool-maker.js';
import { DamagedBlock } from './stored-blocks.js';

/** A spool of an object, which counts its spools from 0. */
export interface OpenSpool {
  readonly fd: number;
  readonly channel: SpoolChannel;
  /** The repair symbol with which the channel begins. */
  readonly nextEsi: number;
}

export interface MakeRequest {
  readonly object: number;
  /** As `SymbolRuns.words` gives them. */
  readonly runs: Uint32Array<ArrayBuffer>;
  /** Memory that both threads use, for the symbols of all runs; or its number among those that were shared for the object. */
  readonly into: SharedBytes | number;
  /** From symbol to symbol of a run. */
  readonly strideBytes: number;
}

/** What the thread tells of its own accord: a fault has ended a spool. */
export interface SpoolFault {
  readonly object: number;
  readonly spool: number;
}

const worker = (_: undefined, owner: Owner) => {
  const objects = new Map<number, CodedObject>();
  const shared = new Map<number, SharedBytes[]>();
  const onFault = (spool: Spool) => {
    for (const [object, { spools }] of objects) {
      const index = spools.indexOf(spool);
      if (index >= 0) owner.tell({ object, spool: index } satisfies SpoolFault);
    }
  };
  const maker = new SpoolMaker(() => objects.values(), onFault);
  return {
    /** Opens an object, or one that is open with other memory for its rows. */
    open: ({ object, ...files }: OpenObject & { readonly object: number }) => {
      objects.set(object, new CodedObject(files, objects.get(object)?.spools ?? [], onFault));
    },
    openSpool: ({ object, fd, channel, nextEsi }: OpenSpool & { readonly object: number }) => {
      const coded = objects.get(object);
      if (coded === undefined) return;
      coded.spools.push(new Spool(fd, coded.geometry, channel, nextEsi));
      maker.wake();
    },
    /** The channels of an object will begin with these repair symbols. @returns how much of its spools is made, from 0 to 1 */
    aim: ({ object, nextEsis }: { readonly object: number; readonly nextEsis: readonly number[] }) => {
      const spools = objects.get(object)?.spools ?? [];
      for (const [i, spool] of spools.entries()) spool.aim(nextEsis[i]!);
      maker.wake();
      return Math.min(1, ...spools.filter(({ isEnded }) => !isEnded).map(({ madeRatio }) => madeRatio));
    },
    /** Uses a spool no more. */
    endSpool: ({ object, spool }: SpoolFault) => {
      const ended = objects.get(object)?.spools[spool];
      if (ended !== undefined) ended.isEnded = true;
      maker.wake();
    },
    /** Takes memory that several requests for an object will name. */
    share: ({ object, memory }: { readonly object: number; readonly memory: SharedBytes }) => {
      shared.set(object, [...(shared.get(object) ?? []), memory]);
    },
    /** @returns the number of a block that is damaged */
    make: ({ object, runs, strideBytes, ...request }: MakeRequest): number | undefined => {
      try {
        const into = typeof request.into === 'number' ? shared.get(object)![request.into]! : request.into;
        const coded = objects.get(object);
        if (coded === undefined) throw new Error('the object is closed');
        maker.owe(coded.make(SymbolRuns.from(runs), into, strideBytes));
        if (coded.spools.length > 0) maker.wake();
        return undefined;
      } catch (cause) {
        if (cause instanceof DamagedBlock) return cause.block;
        const said = cause instanceof Error ? cause.message : String(cause);
        throw new LayercastError('FILE_IO', `cannot read the object or its intermediate symbols: ${said}`, { cause });
      }
    },
    close: (object: number) => {
      for (const spool of objects.get(object)?.spools ?? []) spool.isEnded = true;
      objects.delete(object);
      shared.delete(object);
      maker.wake();
    },
  };
};

export type CodingWorker = typeof worker;

serveCalls(worker);
