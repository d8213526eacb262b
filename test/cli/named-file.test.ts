import { expect, test } from 'vitest';
import { namedFile } from '../../dist/cli/named-file.js';

test('a settings file is named as an argument or with --config, and not two of them', () => {
  expect(namedFile('a.yaml', undefined)).toBe('a.yaml');
  expect(namedFile(undefined, 'a.yaml')).toBe('a.yaml');
  expect(namedFile('a.yaml', 'a.yaml')).toBe('a.yaml');
  expect(namedFile(undefined, undefined)).toBeUndefined();
  expect(() => namedFile('a.yaml', 'b.yaml')).toThrow(
    expect.objectContaining({ code: 'USAGE', message: 'two files: a.yaml and --config b.yaml' }),
  );
});
