import type { AgentStateEvent } from '../../agent/events.js';
import { DURATION, formatQuantity, percentOf, rateText, SIZE } from '../../base/units.js';
import type { WatchedAgent } from '../../create-agent.js';
import type { Detail } from '../detail.js';
import { asInAgentFile } from '../spelling.js';
import { decisionText } from './decision-text.js';
import { listeningText } from './listening-text.js';
import { say } from './say.js';
import { LOG_GAP_MS, SpacedLines } from './spaced-lines.js';

/** Shows the events of an agent to people, as lines on stderr. */
export function tellPeople(agent: WatchedAgent, detail: Detail): void {
  agent.on('state', (event) => {
    if (detail === 'quiet' && !isResult(event)) return;
    for (const line of linesOf(event)) say(line);
  });
  agent.on('warning', ({ code, object, message }) => {
    // Somebody has just changed the settings, and has to know that they do not count.
    if (detail === 'quiet' && code !== 'RELOAD_FAILED') return;
    say(`warning: ${object === undefined ? '' : `${object}: `}${message}`);
  });
  if (detail !== 'quiet') tellCourse(agent);
  if (detail === 'verbose') tellDecisions(agent);
}

/** How a version ended, or what went wrong with it. */
function isResult({ state, message }: AgentStateEvent): boolean {
  return state === 'applied' || state === 'failed' || message !== undefined;
}

function tellCourse(agent: WatchedAgent): void {
  const lines = new SpacedLines(LOG_GAP_MS);
  agent.on('waiting', ({ message }) => say(message));
  agent.on('listening', ({ group, port, interface: name }) => {
    // On a terminal, nothing else appears before an announcement. Logs need no such line.
    if (process.stderr.isTTY) say(listeningText({ group, port, interface: name }));
  });
  agent.on('progress', ({ object, bytes, totalBytes, rateBitsPerSecond }) => {
    if (!lines.takeDue(object)) return;
    const share = percentOf(bytes, totalBytes);
    say(`${object}: ${share} % of ${formatQuantity(SIZE, totalBytes)}, ${rateText(rateBitsPerSecond)}`);
  });
  agent.on('output', ({ object, line }) => say(`${object}: | ${line}`));
  agent.on('sleep', ({ nextWakeAt, packetBytes }) => {
    const next = nextWakeAt === undefined ? '' : `; the next wake is at ${nextWakeAt}`;
    say(`asleep after ${formatQuantity(SIZE, packetBytes)}${next}`);
  });
}

function tellDecisions(agent: WatchedAgent): void {
  for (const name of ['join', 'leave'] as const) {
    agent.on(name, ({ object, ...event }) => say(`${object}: ${decisionText(name, event)}`));
  }
  agent.on('wake', () => say('awake'));
  agent.on('program', ({ object, version, attempt, program }) => {
    say(`${object}: runs ${program} for version ${version}, attempt ${attempt}`);
  });
}

const WORDS: Readonly<Record<AgentStateEvent['state'], string>> = {
  idle: 'is not announced any more',
  announced: 'is announced',
  receiving: 'is being received',
  verified: 'is whole and verified',
  applying: 'is being taken over',
  applied: 'is taken over',
  failed: 'failed and is not tried again',
};

function linesOf({
  object,
  version,
  state,
  bytes,
  message,
  hint,
  retryMs,
  nextSentAt,
}: AgentStateEvent): readonly string[] {
  const size = state === 'receiving' ? `, ${formatQuantity(SIZE, bytes)}` : '';
  const todo = hint === undefined ? undefined : asInAgentFile(hint);
  const why = [message, todo].flatMap((text) => (text === undefined ? [] : [`  ${text.replaceAll('\n', '\n  ')}`]));
  const again = retryMs === undefined ? [] : [`  tried again in ${formatQuantity(DURATION, retryMs * 1000)}`];
  const next = nextSentAt === undefined ? '' : ` and sent next at ${nextSentAt}`;
  return [`${object} version ${version}${size} ${WORDS[state]}${next}`, ...why, ...again];
}
