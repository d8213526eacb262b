import type { EventEmitter } from 'eventemitter3';
import { systemClock } from './base/system-clock.js';
import type { Engine } from './engine/engine.js';
import type { ReceiverEngineOptions } from './engine/receiver-engine.js';
import type { ReceiverThread } from './engine/receiver-thread.js';
import { Running } from './engine/running.js';
import { ThreadedEngine } from './engine/threaded-engine.js';
import type { SafeEmitter } from './events/safe-emitter.js';
import { type CheckedReceiverOptions, checkReceiverOptions } from './options/check-receiver-options.js';
import type { ReceiverOptions } from './options/receiver-options.js';
import type { CompleteEvent, ReceiverEvents, ReceiverStats } from './receiver/events.js';

/** A receiver that is receiving one file. */
export interface Receiver extends EventEmitter<ReceiverEvents>, AsyncDisposable {
  /**
   * Resolves with the final record when the file is whole, verified and has its name. Rejects with a `LayercastError`:
   * `USAGE`, `TIMEOUT`, `NOBODY_SENDING`, `ABORTED`, `FILE_IN_USE`, `DISK_FULL`, `RECORD_INVALID`, …; progress is kept.
   */
  readonly done: Promise<CompleteEvent>;
  /** Counts so far; undefined before a descriptor has been received. */
  stats(): ReceiverStats | undefined;
  /** Leaves all groups and stops. Progress is kept. */
  close(): Promise<void>;
}

/** Starts to receive one file. It returns at once and never throws: wrong options, too, reject `done`. */
export function createReceiver(options: ReceiverOptions): Receiver {
  return new RunningReceiver(options);
}

type ReceivingEngine = Engine<ReceiverStats | undefined, CompleteEvent>;

class RunningReceiver
  extends Running<ReceiverEvents, CheckedReceiverOptions, ReceiverStats | undefined, CompleteEvent>
  implements Receiver
{
  constructor(options: ReceiverOptions) {
    super('receiver', () => checkReceiverOptions(options));
  }

  stats(): ReceiverStats | undefined {
    return this.engineStats;
  }

  /** The caller's network and clock are objects of this thread, so an engine with one of them works here. */
  protected async newEngine({
    network,
    clock,
    ...options
  }: Omit<CheckedReceiverOptions, 'signal'>): Promise<ReceivingEngine> {
    if (network === undefined && clock === undefined) return threadedEngine(options, this);
    const { ReceiverEngine } = await import('./engine/receiver-engine.js');
    return new ReceiverEngine(options, { network, clock: clock ?? systemClock, emit: this.emit.bind(this) });
  }
}

function threadedEngine(data: ReceiverEngineOptions, emitter: SafeEmitter<ReceiverEvents>): ReceivingEngine {
  const file = new URL('./engine/receiver-thread.js', import.meta.url);
  return new ThreadedEngine<ReceiverEngineOptions, ReceiverStats | undefined, CompleteEvent, ReceiverThread>(file, {
    name: 'receiving',
    data,
    firstStats: undefined,
    emit: emitter.emit.bind(emitter) as (event: string, fields: object) => void,
  });
}
