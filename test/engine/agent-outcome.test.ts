import { describe, expect, it } from 'vitest';
import { LayercastError } from '../../dist/base/errors.js';
import { exitCodeOf } from '../../dist/cli/exit-codes.js';
import { errorOfOnce } from '../../dist/engine/agent-outcome.js';

const error = (code: ConstructorParameters<typeof LayercastError>[0]) => new LayercastError(code, code.toLowerCase());

describe('an agent that ran once', () => {
  it.each([
    ['everything is there', { hasHeard: true, unfinished: [], errors: [] }, 0],
    ['nobody announced anything', { hasHeard: false, unfinished: [], errors: [] }, 5],
    ['a version is not finished', { hasHeard: true, unfinished: ['fw'], errors: [] }, 3],
    ['a program said "later"', { hasHeard: true, unfinished: ['fw'], errors: [error('PROGRAM_FAILED')] }, 3],
    ['a program failed', { hasHeard: true, unfinished: [], errors: [error('PROGRAM_FAILED')] }, 1],
    ['a version was refused, whatever else', { hasHeard: true, unfinished: ['fw'], errors: [error('EXPIRED')] }, 4],
    ['an archive is no tree', { hasHeard: true, unfinished: ['os'], errors: [error('TREE_INVALID')] }, 4],
  ])('says by its exit code that %s', (_, end, exitCode) => {
    const found = errorOfOnce(end, 'acme');
    expect(found === undefined ? 0 : exitCodeOf(found)).toBe(exitCode);
  });
});
