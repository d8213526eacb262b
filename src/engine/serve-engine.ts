import { asLayercastError } from '../base/errors.js';
import type { Owner } from '../work/calls.js';
import { type PackedValue, Unpacker } from '../work/packed-values.js';
import type { Engine } from './engine.js';
import { Outbox } from './outbox.js';

/** The calls of every thread that has an engine. */
export type EngineCalls<Result> = {
  /** Runs the engine; the reply comes after all events and the last counts. */
  readonly run: () => Promise<Result>;
  /** Stops the run. In the errors of the owner the reason is its own again. */
  readonly stop: (reason: PackedValue) => void;
  /** The owner has taken one event. */
  readonly taken: () => void;
};

type Emit = (event: string, fields: Readonly<Record<string, unknown>>) => boolean;

/** An engine in a thread of its own, with its calls. */
export interface ServedEngine<E, Result> {
  readonly engine: E;
  readonly outbox: Outbox<unknown>;
  readonly calls: EngineCalls<Result>;
}

/**
 * Makes an engine in a worker thread and the calls that its owner makes (`ThreadedEngine`).
 *
 * @param make gets the function by which the engine emits its events
 */
export function serveEngine<Stats, Result, E extends Engine<Stats, Result>>(
  owner: Owner,
  make: (emit: Emit) => E & Engine<Stats, Result>,
): ServedEngine<E, Result> {
  const stopping = new AbortController();
  const engine = make((event, fields) => {
    outbox.tell(event, 'error' in fields ? { ...fields, error: owner.packer.pack(fields.error) } : fields);
    return true;
  });
  const outbox = new Outbox(owner, () => engine.stats());
  const calls: EngineCalls<Result> = {
    async run() {
      try {
        return await engine.run(stopping.signal);
      } catch (error) {
        throw asLayercastError(error, stopping.signal);
      } finally {
        outbox.flush();
        outbox.close();
      }
    },
    stop(packed) {
      const reason = new Unpacker().unpack(packed);
      owner.packer.knowReason(reason);
      stopping.abort(reason);
    },
    taken: () => outbox.taken(),
  };
  return { engine, outbox, calls };
}
