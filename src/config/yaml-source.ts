import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
} from 'yaml';
import type { Fault } from './faults.js';

/** Names and indexes from the top of a file to a value. */
export type Path = readonly (string | number)[];

/** A YAML file as plain data, with the line and column of each value. */
export interface YamlSource {
  readonly data: unknown;
  /** Syntax faults; when there are any, `data` is undefined. */
  readonly faults: readonly Fault[];
  /** Keys of the mapping at a path in the order of the file, which plain objects do not keep for names like `2`. */
  keysOf(path: Path): readonly string[];
  /** The entries of a mapping that was read at a path, in the order of the file. */
  inOrder<T>(mapping: Readonly<Record<string, T>>, path: Path): [name: string, entry: T][];
  /**
   * A fault at a path. Its position is that of the value if the value is on the line of its key (`key: value`, `- item`), else that
   * of the key. If the path leads nowhere, the position is that of the nearest mapping or list around it.
   */
  faultAt(path: Path, text: string, at?: 'value' | 'key'): Fault;
  /** Where the text of a single value starts and ends, as offsets in the file. Undefined for anything else, such as `*alias`. */
  rangeOf(path: Path): readonly [start: number, end: number] | undefined;
}

/** Reads YAML 1.2; never throws. */
export function readYaml(text: string): YamlSource {
  const lineCounter = new LineCounter();
  const faults: Fault[] = [];
  let document: Document | undefined;
  let data: unknown;
  try {
    document = parseDocument(text, { lineCounter, prettyErrors: false });
    for (const error of independent([...document.errors, ...document.warnings])) {
      faults.push(fault(error.pos[0], [], messageOf(error)));
    }
    faults.push(...unusableNodes(document, fault));
    if (faults.length === 0) data = document.toJS();
  } catch (error) {
    // The nesting is deeper than the stack, or aliases multiply without bound or have no target.
    faults.push(fault(0, [], error instanceof Error ? error.message : String(error)));
  }
  const root = document?.contents ?? null;

  function fault(position: number, path: Path, message: string): Fault {
    const { line, col } = lineCounter.linePos(position);
    // Names and messages repeat text of the file. Control characters in it must not reach a terminal or split a line.
    return {
      line: Math.max(line, 1),
      column: Math.max(col, 1),
      path: plain(path.join('.')),
      text: plain(message),
    };
  }

  /** Target of an alias, or the node itself. */
  function resolved(node: unknown): unknown {
    return isAlias(node) && document !== undefined ? node.resolve(document) : node;
  }

  function pairOf(node: unknown, key: string | number): Pair | undefined {
    const map = resolved(node);
    return isMap(map) ? map.items.find((pair) => textOf(pair.key) === String(key)) : undefined;
  }

  function nodeAt(path: Path): unknown {
    let node: unknown = root;
    for (const key of path) {
      const list = resolved(node);
      node = isSeq(list) ? list.items[Number(key)] : pairOf(node, key)?.value;
    }
    return node;
  }

  function keysOf(path: Path): readonly string[] {
    const map = resolved(nodeAt(path));
    return isMap(map) ? map.items.map((pair) => textOf(pair.key)) : [];
  }

  return {
    data,
    faults,
    keysOf,
    inOrder(mapping, path) {
      const rank = new Map(keysOf(path).map((name, index) => [name, index]));
      return Object.entries(mapping).toSorted(
        ([a], [b]) => (rank.get(a) ?? Number.POSITIVE_INFINITY) - (rank.get(b) ?? Number.POSITIVE_INFINITY),
      );
    },
    faultAt(path, message, at = 'value') {
      let node: unknown = root;
      let position = startOf(root) ?? 0;
      for (const [depth, key] of path.entries()) {
        const list = resolved(node);
        const step = isSeq(list) ? list.items[Number(key)] : pairOf(node, key);
        const value = isPair(step) ? step.value : step;
        const keyStart = isPair(step) ? startOf(step.key) : undefined;
        const wantsValue = at === 'value' && depth === path.length - 1 && !isBlock(value) && !isNothing(value);
        const start = wantsValue ? (startOf(value) ?? keyStart) : (keyStart ?? startOf(value));
        if (start === undefined) break;
        position = start;
        node = value;
      }
      return fault(position, path, message);
    },
    rangeOf(path) {
      const node = nodeAt(path);
      return isScalar(node) && node.range != null ? [node.range[0], node.range[1]] : undefined;
    },
  };
}

/** What the package says, but where it speaks to programmers. */
function messageOf({ code, message }: { readonly code: string; readonly message: string }): string {
  return code === 'MULTIPLE_DOCS' ? 'a second document begins here, allowed: one in a file' : message;
}

/** The first fault of syntax, as those after it are its consequences, and all names that are given twice. */
function independent<E extends { readonly code: string }>(errors: readonly E[]): readonly E[] {
  const isOwn = ({ code }: E) => code === 'DUPLICATE_KEY';
  const first = errors.find((error) => !isOwn(error));
  return errors.filter((error) => isOwn(error) || error === first);
}

function plain(text: string): string {
  return text.replace(/\p{Cc}/gu, '\ufffd');
}

/** Faults for what YAML allows and plain objects cannot hold: it would be lost or changed without a word. */
function unusableNodes(document: Document, fault: (position: number, path: Path, text: string) => Fault): Fault[] {
  const faults: Fault[] = [];
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document) !== undefined) return;
      faults.push(fault(startOf(alias) ?? 0, [], `nothing to repeat, found *${alias.source}, allowed: a name after &`));
    },
    Pair(_, { key }) {
      const node = isAlias(key) ? key.resolve(document) : key;
      const found = isScalar(node) || node == null ? undefined : 'found a list or mapping';
      const text = found ?? (textOf(node) === '__proto__' ? 'found "__proto__"' : undefined);
      if (text !== undefined)
        faults.push(fault(startOf(key) ?? 0, [], `not a usable name, ${text}, allowed: other text`));
    },
  });
  return faults;
}

function startOf(node: unknown): number | undefined {
  return node !== null && typeof node === 'object' && 'range' in node ? (node as Node).range?.[0] : undefined;
}

/** Whether a value is not written at all (`key:`). YAML puts such a value somewhere after its key. */
function isNothing(node: unknown): boolean {
  return isScalar(node) && node.value === null && node.range?.[0] === node.range?.[1];
}

/** Whether a node is a mapping or list over several lines, which begins away from its name. */
function isBlock(node: unknown): boolean {
  return (isMap(node) || isSeq(node)) && node.flow !== true;
}

function textOf(key: unknown): string {
  if (isScalar(key)) return key.value === null ? '' : String(key.value);
  return String(key);
}
