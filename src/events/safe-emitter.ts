import { EventEmitter } from 'eventemitter3';

/**
 * An event emitter whose listeners cannot stop what emits. An error that a listener throws becomes an uncaught exception of the
 * program, as with Node's emitters in a timer; but the emitting code goes on, so that a program that catches such exceptions keeps its
 * transfer. Listeners after the one that threw miss that event.
 */
export class SafeEmitter<Events extends EventEmitter.ValidEventTypes> extends EventEmitter<Events> {
  override emit<Name extends EventEmitter.EventNames<Events>>(
    name: Name,
    ...args: EventEmitter.EventArgs<Events, Name>
  ): boolean {
    try {
      return super.emit(name, ...args);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
      return true;
    }
  }
}
