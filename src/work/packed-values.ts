import { deleteOldest } from '../base/delete-oldest.js';
import { type ErrorCode, type Hint, LayercastError, type OptionName } from '../base/errors.js';

/** A value in a form that can be posted to another thread. What cannot be copied is there as text. */
export type PackedValue =
  | { readonly kind: 'plain'; readonly value: unknown }
  | { readonly kind: 'error'; readonly error: PackedError }
  /** The reason for which the other thread asked this one to stop; the other thread has it still. */
  | { readonly kind: 'reason' };

/** An error in a form that can be posted to another thread. */
export interface PackedError {
  /** The same for each time that this thread packs the error, so that the other thread makes one error of it. */
  readonly id: number;
  readonly name: string;
  readonly message: string;
  /** Where the error was thrown. */
  readonly stack: string | undefined;
  readonly cause: PackedValue;
  /** What the error has beside these, such as `errno` or `faults`: only what can be copied. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Of a `LayercastError`. */
  readonly code: ErrorCode | undefined;
  /** Of a `LayercastError`: the hint, with option names between two `MARK`. */
  readonly hint: string | undefined;
}

/** Stands around the names of options in a packed hint, because only the reader knows how options are spelled. */
const MARK = '\0';
/** An error that has this many causes one behind the other has gone round in a circle, or soon tells nobody anything. */
const MAX_DEPTH = 8;
/** Errors that the other side may meet a second time. A server refuses at most this many objects in one reload. */
const MAX_KNOWN = 4096;

/** Packs values for one other thread. */
export class Packer {
  readonly #ids = new WeakMap<Error, number>();
  #errorCount = 0;
  #reason: { readonly value: unknown } | undefined;

  /** From now on `value` is packed as the reason that the other thread gave. */
  knowReason(value: unknown): void {
    this.#reason ??= { value };
  }

  pack(value: unknown, depth = 0): PackedValue {
    if (this.#reason !== undefined && value === this.#reason.value) return { kind: 'reason' };
    if (value instanceof Error) {
      if (depth === MAX_DEPTH) return { kind: 'plain', value: value.message };
      return { kind: 'error', error: this.#packError(value, depth) };
    }
    return { kind: 'plain', value: isCopyable(value) ? value : textOf(value) };
  }

  #packError(error: Error, depth: number): PackedError {
    const id = this.#ids.get(error) ?? this.#errorCount++;
    this.#ids.set(error, id);
    const { name, message, stack, cause, ...others } = { ...error, ...coreOf(error) };
    const isOurs = error instanceof LayercastError;
    return {
      id,
      name,
      message,
      stack,
      cause: this.pack(cause, depth + 1),
      fields: Object.fromEntries(
        Object.entries(others).filter(([key, value]) => !(isOurs && OWN_FIELDS.has(key)) && isCopyable(value)),
      ),
      code: isOurs ? error.code : undefined,
      hint: isOurs ? error.hintFor((option) => `${MARK}${option}${MARK}`) : undefined,
    };
  }
}

const OWN_FIELDS: ReadonlySet<string> = new Set(['code', 'hint']);

/** Makes the right class of an error, from a `LayercastError` and the other fields that the error had in its own thread. */
export type Reviver = (error: LayercastError, fields: Readonly<Record<string, unknown>>) => LayercastError;

/** Makes values again of what the `Packer` of one other thread has packed. */
export class Unpacker {
  /** By their ids, in the order in which they came: the last `MAX_KNOWN`. */
  readonly #known = new Map<number, WeakRef<Error>>();
  readonly #revive: Reviver;
  #reason: unknown;

  constructor(revive: Reviver = (error) => error) {
    this.#revive = revive;
  }

  /** The reason that this thread gives to the other one. */
  giveReason(reason: unknown): void {
    this.#reason ??= reason;
  }

  unpack(packed: PackedValue): unknown {
    if (packed.kind === 'reason') return this.#reason;
    return packed.kind === 'plain' ? packed.value : this.#unpackError(packed.error);
  }

  #unpackError(packed: PackedError): Error {
    const known = this.#known.get(packed.id)?.deref();
    if (known !== undefined) return known;
    const cause = this.unpack(packed.cause);
    const error = packed.code === undefined ? foreignError(packed, cause) : this.#ourError(packed, packed.code, cause);
    if (packed.stack !== undefined) setHidden(error, 'stack', packed.stack);
    this.#known.delete(packed.id);
    this.#known.set(packed.id, new WeakRef(error));
    if (this.#known.size > MAX_KNOWN) deleteOldest(this.#known);
    return error;
  }

  #ourError({ message, hint, fields }: PackedError, code: ErrorCode, cause: unknown): LayercastError {
    const options = hint === undefined ? {} : { hint: hintOf(hint) };
    return this.#revive(new LayercastError(code, message, { ...options, cause }), fields);
  }
}

/** What stands for a reason in another thread: the same text and, of an error of ours, the same code. */
export function packedReason(reason: unknown): PackedValue {
  return new Packer().pack(reason);
}

function foreignError({ name, message, fields }: PackedError, cause: unknown): Error {
  const error = cause === undefined ? new Error(message) : new Error(message, { cause });
  if (name !== 'Error') setHidden(error, 'name', name);
  return Object.assign(error, fields);
}

function hintOf(hint: string): Hint {
  const parts = hint.split(MARK);
  if (parts.length === 1) return hint;
  // Every second part is the name of an option.
  return (say) => parts.map((part, i) => (i % 2 === 0 ? part : say(part as OptionName))).join('');
}

/** What is not enumerable on an error, or belongs to its class. */
function coreOf(error: Error) {
  return { name: error.name, message: error.message, stack: error.stack, cause: error.cause };
}

function setHidden(error: Error, key: 'name' | 'stack', value: string): void {
  Object.defineProperty(error, key, { value, configurable: true, writable: true, enumerable: false });
}

function isCopyable(value: unknown): boolean {
  if (typeof value === 'function' || typeof value === 'symbol') return false;
  if (typeof value !== 'object' || value === null) return true;
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}

function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    // An object without a prototype, or with a `toString` that fails.
    return Object.prototype.toString.call(value);
  }
}
