import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { shellWord } from '../../dist/base/shell-word.js';

it.each(['a b', "it's", '$HOME', '~', '-n', 'new\nline', '', '*', 'a;b', '/srv/ä'])(
  'a shell takes %j as it is',
  (text) => {
    expect(execFileSync('sh', ['-c', `printf %s ${shellWord(text)}`], { encoding: 'utf8' })).toBe(text);
  },
);

it('an ordinary path needs no quotes', () => {
  expect(shellWord('/var/lib/layercast@1/fw-2.img')).toBe('/var/lib/layercast@1/fw-2.img');
});
