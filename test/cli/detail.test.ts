import { EventEmitter } from 'eventemitter3';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LayercastError } from '../../dist/base/errors.js';
import { detailOf } from '../../dist/cli/detail.js';
import { tellPeople as tellOfAgent } from '../../dist/cli/display/agent-display.js';
import { tellPeople as tellOfServer } from '../../dist/cli/display/serve-display.js';
import { tellPrograms } from '../../dist/cli/json/agent-events.js';
import type { WatchedAgent } from '../../dist/create-agent.js';
import type { Sender } from '../../dist/create-sender.js';

const error = new LayercastError('FILE_NOT_FOUND', 'no such file', { hint: 'Correct "file"' });
const lines: string[] = [];
beforeEach(() => {
  process.env.JOURNAL_STREAM = 'no times';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    lines.push(...String(text).trimEnd().split('\n'));
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  delete process.env.JOURNAL_STREAM;
  lines.length = 0;
});

it('is one of three, and not two at once', () => {
  expect([{}, { quiet: true }, { verbose: true }].map(detailOf)).toEqual(['usual', 'quiet', 'verbose']);
  expect(() => detailOf({ quiet: true, verbose: true })).toThrow('found both --quiet and --verbose');
});

describe('a server', () => {
  const object = { object: 'firmware', version: 2 };
  const tell = (detail: 'quiet' | 'usual') => {
    const sender = new EventEmitter();
    tellOfServer(sender as unknown as Sender, detail);
    sender.emit('hashing', { object: 'firmware', bytes: 1, totalBytes: 2 });
    sender.emit('withdraw', { ...object });
    sender.emit('refuse', { ...object, error, sentVersion: 1 });
    sender.emit('warning', { message: 'so slow' });
  };

  it('that is quiet says only what it cannot do', () => {
    tell('quiet');
    expect(lines).toEqual([
      'firmware version 2 cannot be sent: no such file',
      '  Correct "file"',
      '  version 1 is still being sent',
    ]);
  });

  it('says also what it does, and what is no longer sent, once', () => {
    tell('usual');
    expect(lines.filter((line) => line.includes('no longer sent'))).toHaveLength(1);
    expect(lines).toContain('warning: so slow');
    expect(lines).toHaveLength(6);
  });
});

describe('an agent', () => {
  const state = { object: 'firmware', version: 2, bytes: 5 };
  const tell = (detail: 'quiet' | 'usual' | 'verbose') => {
    const agent = new EventEmitter();
    tellOfAgent(agent as unknown as WatchedAgent, detail);
    agent.emit('wake', {});
    agent.emit('state', { ...state, state: 'receiving' });
    agent.emit('join', { object: 'firmware', server: null, channel: 0, reason: 'why', compared: { queueMs: 5 } });
    agent.emit('program', { object: 'firmware', version: 2, attempt: 1, program: 'install' });
    agent.emit('state', { ...state, state: 'announced', message: 'nobody sends', hint: 'Start a server' });
    agent.emit('state', { ...state, state: 'applied' });
    agent.emit('warning', { code: 'COAP', message: 'nobody answers' });
    agent.emit('warning', { code: 'RELOAD_FAILED', message: 'the old settings stay: no' });
  };

  it('that is quiet says how versions end, what goes wrong, and that new settings do not count', () => {
    tell('quiet');
    expect(lines).toEqual([
      'firmware version 2 is announced',
      '  nobody sends',
      '  Start a server',
      'firmware version 2 is taken over',
      'warning: the old settings stay: no',
    ]);
  });

  it('names in hints the settings of its file, and flags for what only these say', () => {
    const { hint } = new LayercastError('FILE_IO', 'failed', {
      hint: (say) => `Name ${say('output')} or ${say('maxRateBitsPerSecond')}, or use ${say('retry')}`,
    });
    const agent = new EventEmitter();
    tellOfAgent(agent as unknown as WatchedAgent, 'quiet');
    agent.emit('state', { ...state, state: 'failed', message: 'why', hint });
    const wanted = 'Name the setting output or the setting maxRate, or use --retry';
    expect(lines.at(-1)).toBe(`  ${wanted}`);
    const printed: object[] = [];
    tellPrograms(agent as unknown as WatchedAgent, (_, fields) => printed.push(fields));
    agent.emit('state', { ...state, state: 'failed', message: 'why', hint });
    expect(printed).toMatchObject([{ message: 'why', hint: wanted }]);
  });

  it('that is verbose has a line for each decision, with its reason and what it compared', () => {
    tell('usual');
    const usual = lines.splice(0);
    tell('verbose');
    expect(lines.filter((line) => !usual.includes(line))).toEqual([
      'awake',
      'firmware: joins channel 0: why (queue 5 ms)',
      'firmware: runs install for version 2, attempt 1',
    ]);
  });
});
