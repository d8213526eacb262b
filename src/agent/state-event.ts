import type { AgentStateEvent } from './events.js';
import type { HeldVersion } from './object-record.js';
import { isToCome, lwm2mStateOf, type ObjectState } from './object-state.js';
import type { Standing } from './standing.js';

/**
 * What programs and people are told of an object: the event `state`, which is also its part of the status.
 *
 * @param held the version that the state speaks of
 * @param waitUs how long the object waits before it goes on; 0 if it need not wait
 */
export function stateEvent(
  object: string,
  state: ObjectState,
  held: HeldVersion,
  { record, result, error }: Standing,
  waitUs: number,
): AgentStateEvent {
  return {
    object,
    version: held.version,
    state,
    lwm2mState: lwm2mStateOf(state),
    lwm2mResult: result,
    bytes: held.sizeBytes,
    sha256: held.sha256,
    ...(isToCome(state) || held.path === undefined ? {} : { path: held.path }),
    ...(record?.applied === undefined ? {} : { appliedVersion: record.applied.version }),
    ...(error === undefined ? {} : { message: error.message }),
    ...(error === undefined || waitUs === 0 ? {} : { retryMs: Math.ceil(waitUs / 1000) }),
  };
}
