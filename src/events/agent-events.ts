import { fetchEvents, RECEIVER_WARNINGS } from './fetch-events.js';
import { choice, count, event, message, name, optional, whole, wholeMs } from './fields.js';
import { errorFields, fleet, hint, messageText, object, objectBytes, sha256, version } from './shared-fields.js';

/** The states of an object, as src/agent/object-state.ts explains them. */
const STATES = ['idle', 'announced', 'receiving', 'verified', 'applying', 'applied', 'failed'] as const;

/** Codes of an agent's warnings: those of a receiver, and its own. */
const AGENT_WARNINGS = [
  ...RECEIVER_WARNINGS,
  /** The journal's record of an object is damaged. */
  'JOURNAL_DAMAGED',
  /** The status file cannot be written. */
  'STATUS_FAILED',
  /** The MQTT broker cannot be used, or sent what is not taken. */
  'MQTT',
  /** The device is not registered at its resource directory. */
  'COAP',
  /** The settings that a reload was to bring are wrong; the old ones stay. */
  'RELOAD_FAILED',
] as const;

const ofObject = { object, version };

/** The events of `agent --json`, by name. */
export const agentEvents = {
  start: event('The journal is read, and the agent begins.', {
    fleet,
    objects: count('Objects in the journal.'),
  }),
  wake: event('A wake begins; once, where the agent is always awake.', {}),
  waiting: event('The agent waits for an interface, or for a lock that another process may still hold.', {
    message: messageText,
  }),
  listening: fetchEvents.listening,
  state: event('An object has another state.', {
    ...ofObject,
    state: choice(STATES, 'The state.'),
    lwm2mState: whole(0, 3, 'The same as resource State of the firmware object of LwM2M (/5/0/3).'),
    lwm2mResult: whole(0, 9, 'What became of the version, as resource Update Result of that object (/5/0/5).'),
    bytes: objectBytes,
    sha256,
    path: optional(message('The file, as an absolute path; missing until the version is verified.')),
    appliedVersion: optional(count('The version that was taken over last; missing: none was.')),
    message: optional(message('Why, for people; missing where the state says it.')),
    hint,
    nextSentAt: optional(
      name(
        'When servers send it next, by its schedule (RFC 3339); missing: they do now, or nothing is to be received.',
      ),
    ),
    retryMs: optional(
      wholeMs('When it is tried again, from now; missing: when something is heard or a transfer has ended, or never.'),
    ),
  }),
  join: event('A channel was joined.', { object, ...fetchEvents.join.fields }),
  leave: event('A channel was left.', { object, ...fetchEvents.leave.fields }),
  progress: event('About once a second for each transfer.', { object, ...fetchEvents.progress.fields }),
  received: event('A version is whole, verified and under its name.', fetchEvents.complete.fields),
  program: event('The program that takes a version over was started.', {
    ...ofObject,
    attempt: count('How often it was started for this version, with this time.'),
    program: name('The program.'),
  }),
  output: event('What the program printed: a line of its output or errors.', {
    ...ofObject,
    line: message('The line, cut after 1000 characters.'),
  }),
  sleep: event('A wake has ended.', {
    nextWakeMs: optional(wholeMs('Time until the next wake; missing: there is none planned.')),
    nextWakeAt: optional(name('When that is, by the clock of this host (RFC 3339).')),
    packetBytes: count('Bytes of whole packets that transfers received in this wake.', 'B'),
  }),
  warning: event('Something to know that does not end the agent.', {
    object: optional(name('Name of the object; missing: of no single one.')),
    code: choice(AGENT_WARNINGS, 'What happened, as one word for programs.'),
    message: messageText,
  }),
  error: event('The agent has stopped, also by a signal (`ABORTED`); the last line.', errorFields),
};
