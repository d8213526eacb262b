import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { DEFAULT_ANNOUNCE_INTERVAL_US, DEFAULT_SYMBOL_BYTES, MAX_SYMBOLS } from '../base/limits.js';
import { systemError } from '../base/system-error.js';
import { listOf } from '../base/units.js';
import type { Fault } from '../config/faults.js';
import { readText } from '../config/read-text.js';
import type { YamlSource } from '../config/yaml-source.js';
import type { Fleet, FleetObject, StartOffset } from '../fleet/fleet.js';
import { ladderRates } from '../fleet/ladder-rates.js';
import { parseFleet } from '../fleet/load-fleet.js';
import { channelStartRatio, serverStartRatio } from '../fleet/start-offsets.js';
import { blockCountFor } from '../object/geometry.js';
import { intervalUs, rateOf } from '../rate/ladder/ladder.js';
import { automaticBlockSymbols } from '../sender/schedule/block-size.js';
import type { ScenarioObject } from '../simulate/index.js';
import type { ObjectEntry } from './scenario-schema.js';

const NAME = 'object';
/** Most blocks, whose digests are 32 MB: ten times as many as 100 GB have in symbols of 1184 bytes, unless a file says how large blocks are. */
const MAX_BLOCKS = 1e6;

/** The part of a fleet file that a scenario is about. */
export interface FleetPart {
  readonly fleet: Fleet;
  readonly object: FleetObject;
}

/**
 * The fleet file that a scenario's object refers to, and the object in it; undefined for an object described in the scenario.
 *
 * @throws {LayercastError} what `loadFleet` throws.
 */
export async function fleetPartOf(
  entry: ObjectEntry,
  source: YamlSource,
  folder: string,
): Promise<{ readonly part: FleetPart | undefined; readonly faults: readonly Fault[] }> {
  if (entry.fleet === undefined) return { part: undefined, faults: [] };
  const path = resolve(folder, entry.fleet);
  const fleet = parseFleet(await readText(path), path);
  const names = fleet.objects.map(({ name }) => name);
  const object =
    entry.name === undefined && names.length === 1
      ? fleet.objects[0]
      : fleet.objects.find(({ name }) => name === entry.name);
  if (object !== undefined) return { part: { fleet, object }, faults: [] };
  const found = entry.name === undefined ? `${names.length} objects and no name` : JSON.stringify(entry.name);
  const text = `unclear which object, found ${found}, allowed: ${listOf(names)}`;
  return { part: undefined, faults: [source.faultAt(['object', 'name'], text)] };
}

/** The object with its defaults, and its faults. */
export function resolveObject(
  entry: ObjectEntry,
  part: FleetPart | undefined,
  serverCount: number,
  source: YamlSource,
): { readonly object: ScenarioObject | undefined; readonly faults: readonly Fault[] } {
  const faults = contradictions(entry, source);
  const found = entry.size ?? (part === undefined ? 'nothing' : sizeOf(part.object.filePath));
  const sizeBytes = typeof found === 'string' ? undefined : Math.round(found);
  if (sizeBytes === undefined) {
    faults.push(source.faultAt(['object', 'size'], `missing, found ${found}, allowed: a size such as 20MB`));
  }
  const object = part === undefined ? ownObject(entry, source, faults) : fleetObject(part);
  if (faults.length > 0 || sizeBytes === undefined) return { object: undefined, faults };
  const { symbolBytes, code } = object;
  const symbolCount = Math.ceil(sizeBytes / symbolBytes);
  const { blockSymbols = automaticBlockSymbols(code, symbolCount, symbolBytes) } = object;
  const tooMany = countFault(symbolCount, blockCountFor(sizeBytes, symbolBytes, blockSymbols));
  if (tooMany !== undefined) return { object: undefined, faults: [source.faultAt(['object', 'size'], tooMany)] };
  const channels = object.channels.map(({ rate, offset, ...others }, index) => ({
    ...others,
    rateBitsPerSecond: rate,
    startRatio: channelStartRatio({ servers: new Array(serverCount).fill(undefined) }, { index, offset }, sizeBytes),
  }));
  return {
    object: { ...object, sizeBytes, blockSymbols, channels },
    faults,
  };
}

/** What is wrong with an object of so many symbols and blocks. */
function countFault(symbolCount: number, blockCount: number): string | undefined {
  if (symbolCount > MAX_SYMBOLS) {
    return `too many symbols, found ${symbolCount}, allowed: ${MAX_SYMBOLS} (a smaller size, or larger symbolBytes)`;
  }
  if (blockCount <= MAX_BLOCKS) return undefined;
  return `too many blocks, found ${blockCount}, allowed: ${MAX_BLOCKS} (a smaller size, or larger blockSymbols)`;
}

/** Where a server's carousels start, as a share of the object. */
export function startRatioOf(
  offset: StartOffset | undefined,
  index: number,
  serverCount: number,
  sizeBytes: number,
): number {
  return serverStartRatio({ servers: new Array(serverCount).fill(undefined) }, { index, offset }, sizeBytes);
}

interface Description extends Omit<ScenarioObject, 'sizeBytes' | 'blockSymbols' | 'channels'> {
  readonly blockSymbols: number | undefined;
  readonly channels: readonly {
    readonly rate: number;
    readonly offset: StartOffset | undefined;
    readonly burstUs?: number | undefined;
    readonly group?: string;
    readonly port?: number;
  }[];
}

function fleetObject({ fleet, object }: FleetPart): Description {
  const { symbolBytes, blockSymbols, ssm, announceIntervalUs } = fleet;
  const { name, code, mode } = object;
  const channels = object.channels.map(({ rateBitsPerSecond, offset, burstUs, group, port }) => ({
    rate: rateBitsPerSecond,
    offset,
    burstUs,
    group,
    port,
  }));
  return { fleet: fleet.name, object: name, symbolBytes, blockSymbols, code, mode, ssm, announceIntervalUs, channels };
}

function ownObject(entry: ObjectEntry, source: YamlSource, faults: Fault[]): Description {
  const { ladder, mode = 'several', code = 'raptorq', symbolBytes = DEFAULT_SYMBOL_BYTES, blockSymbols } = entry;
  const made = ladder === undefined ? undefined : ladderRates(ladder, mode, source, ['object', 'ladder']);
  faults.push(...(made?.faults ?? []));
  const written = (entry.channels ?? []).map(({ rate, pktDelay, offset, burst }) => ({
    rate: rate ?? rateOf(pktDelay ?? intervalUs(1e6, symbolBytes), symbolBytes),
    offset,
    burstUs: burst,
  }));
  const channels = made === undefined ? written : made.rates.map((rate) => ({ rate, offset: undefined }));
  const common = {
    symbolBytes,
    blockSymbols,
    code,
    mode,
    ssm: false,
    announceIntervalUs: DEFAULT_ANNOUNCE_INTERVAL_US,
  };
  return { fleet: 'fleet', object: entry.name ?? NAME, ...common, channels };
}

/** Settings that may not stand together. */
function contradictions(entry: ObjectEntry, source: YamlSource): Fault[] {
  if (entry.fleet !== undefined) {
    return (['channels', 'ladder', 'code', 'mode', 'symbolBytes', 'blockSymbols'] as const)
      .filter((key) => entry[key] !== undefined)
      .map((key) =>
        source.faultAt(['object', key], 'given by the fleet file, found here too, allowed: size and name', 'key'),
      );
  }
  if ((entry.channels === undefined) !== (entry.ladder === undefined)) return [];
  const found = entry.channels === undefined ? 'neither' : 'both';
  return [
    source.faultAt(
      ['object'],
      `unclear which channels to send, found ${found}, allowed: exactly one of channels, ladder and fleet`,
    ),
  ];
}

/** The size of a file in bytes, or why it is not known. */
function sizeOf(path: string): number | string {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    return found?.isFile() ? found.size : `no file ${path}`;
  } catch (error) {
    return `no size: ${systemError(error, 'look at', path).message}`;
  }
}
