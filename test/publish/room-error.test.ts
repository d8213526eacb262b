import { expect, it } from 'vitest';
import { roomError } from '../../dist/publish/room-error.js';

const failed = (code: string) => roomError(Object.assign(new Error(code), { code }), 'copy to', '/s');

it('a server whose disk is full is not told to run again, as it tries by itself', () => {
  expect(failed('ENOSPC')).toMatchObject({
    code: 'DISK_FULL',
    message: 'cannot copy to "/s": no space left',
    hint: 'make room, or name another folder with the option stateDir',
  });
  expect(failed('EACCES')).toMatchObject({ code: 'PERMISSION_DENIED', hint: expect.stringContaining('let this user') });
  const own = failed('EDQUOT');
  expect(roomError(own, 'write', '/t')).toBe(own);
});
