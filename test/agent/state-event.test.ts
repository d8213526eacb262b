import { expect, it } from 'vitest';
import { stateEvent } from '../../dist/agent/state-event.js';
import { LayercastError } from '../../dist/base/errors.js';

it('a state says why, and what to do about it where that is known', () => {
  const held = { version: 2, sizeBytes: 5, sha256: 'ab', path: undefined } as never;
  const wait = { waitUs: 0, sentAgainS: undefined };
  const of = (hint?: string) => {
    const error = new LayercastError('FILE_NOT_FOUND', 'there is no folder', hint === undefined ? {} : { hint });
    return stateEvent('firmware', 'announced', held, { record: undefined, result: 0, error } as never, wait);
  };
  expect(of('Make it first: mkdir -p out')).toMatchObject({
    message: 'there is no folder',
    hint: 'Make it first: mkdir -p out',
  });
  expect(of()).not.toHaveProperty('hint');
});
