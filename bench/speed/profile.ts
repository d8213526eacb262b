import { existsSync, readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { SourceMap } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Processor time of one thread in one folder of the program. */
export interface Share {
  /** 0 is the main thread; others are numbered in the order in which they were started. */
  readonly thread: number;
  readonly what: string;
  readonly us: number;
}

/** The parts of V8's format of profiles that are read here. */
interface Profile {
  readonly nodes: readonly Node[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

interface Node {
  readonly id: number;
  readonly callFrame: {
    readonly functionName: string;
    readonly url: string;
    readonly lineNumber: number;
    readonly columnNumber: number;
  };
  readonly children?: readonly number[];
}

/** A share below this is not shown: it is no more than a few samples. */
const LEAST_US = 5000;

/** The profiles that Node's `--cpu-prof` left in a folder, one for each thread, summed up by folders of the program. */
export async function sharesIn(folder: string): Promise<readonly Share[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.cpuprofile'));
  const threads = await Promise.all(
    // The name ends with the numbers of the process, of the thread and of the profile.
    names.map(async (name) =>
      sharesOf(Number(name.split('.').at(-3)), JSON.parse(await readFile(join(folder, name), 'utf8'))),
    ),
  );
  return threads.flat().sort((a, b) => a.thread - b.thread || b.us - a.us);
}

function sharesOf(thread: number, { nodes, samples, timeDeltas }: Profile): readonly Share[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const owners = new Map<number, string>();
  const visit = (node: Node, above: string) => {
    const owner = ownerOf(node, above);
    owners.set(node.id, owner);
    for (const child of node.children ?? []) visit(byId.get(child)!, owner);
  };
  visit(nodes[0]!, 'node');
  const sums = new Map<string, number>();
  for (const [index, id] of samples.entries()) {
    const owner = owners.get(id)!;
    sums.set(owner, (sums.get(owner) ?? 0) + timeDeltas[index]!);
  }
  sums.delete('(idle)');
  return [...sums].filter(([, us]) => us >= LEAST_US).map(([what, us]) => ({ thread, what, us }));
}

/** What a thread does while it waits: V8's word, and the call by which a thread sleeps for less than a millisecond. */
const IDLE: ReadonlySet<string> = new Set(['(idle)', 'wait']);
const OWN_WORDS: ReadonlySet<string> = new Set(['(garbage collector)', '(program)']);

/** The folder of the program whose function runs, or called what runs. */
function ownerOf({ callFrame }: Node, above: string): string {
  const { functionName, url } = callFrame;
  if (IDLE.has(functionName) && url === '') return '(idle)';
  if (OWN_WORDS.has(functionName)) return functionName;
  if (url.startsWith('wasm:')) return 'fec';
  return folderOf(callFrame) ?? above;
}

const maps = new Map<string, SourceMap | undefined>();

/** The folder of src/ that a function was written in. Threads run bundles, whose maps tell. */
function folderOf({ url, lineNumber, columnNumber }: Node['callFrame']): string | undefined {
  if (!url.includes('/dist/')) return undefined;
  if (!maps.has(url)) maps.set(url, mapOf(fileURLToPath(url)));
  const entry = maps.get(url)?.findEntry(lineNumber, columnNumber);
  const source = entry !== undefined && 'originalSource' in entry ? entry.originalSource : '';
  return /\/src\/(.+)\/[^/]+\.ts$/.exec(source)?.[1] ?? /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(source)?.[1];
}

function mapOf(path: string): SourceMap | undefined {
  return existsSync(`${path}.map`) ? new SourceMap(JSON.parse(readFileSync(`${path}.map`, 'utf8'))) : undefined;
}
