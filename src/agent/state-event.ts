import type { AgentStateEvent } from './events.js';
import type { HeldVersion } from './object-record.js';
import { isToCome, lwm2mStateOf, type ObjectState } from './object-state.js';
import type { Standing } from './standing.js';

/** What an object waits for. */
export interface ObjectWait {
  /** How long until it goes on; 0 if it need not wait. */
  readonly waitUs: number;
  /** When servers send it next, in seconds since 1970; undefined: they do now. */
  readonly sentAgainS: number | undefined;
}

/**
 * What programs and people are told of an object: the event `state`, which is also its part of the status.
 *
 * @param held the version that the state speaks of
 */
export function stateEvent(
  object: string,
  state: ObjectState,
  held: HeldVersion,
  { record, result, error }: Standing,
  { waitUs, sentAgainS }: ObjectWait,
): AgentStateEvent {
  // What is idle was given up before it was whole.
  const hasFile = held.path !== undefined && state !== 'idle' && !isToCome(state);
  return {
    object,
    version: held.version,
    state,
    lwm2mState: lwm2mStateOf(state),
    lwm2mResult: result,
    bytes: held.sizeBytes,
    sha256: held.sha256,
    ...(hasFile ? { path: held.path } : {}),
    ...(record?.applied === undefined ? {} : { appliedVersion: record.applied.version }),
    ...(error === undefined ? {} : { message: error.message }),
    ...(error?.hint === undefined ? {} : { hint: error.hint }),
    ...(sentAgainS === undefined ? {} : { nextSentAt: new Date(sentAgainS * 1000).toISOString() }),
    ...(error === undefined || waitUs === 0 ? {} : { retryMs: Math.ceil(waitUs / 1000) }),
  };
}
