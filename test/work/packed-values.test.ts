import { describe, expect, it } from 'vitest';
import { LayercastError } from '../../dist/base/errors.js';
import { Packer, packedReason, Unpacker } from '../../dist/work/packed-values.js';

/** As the other thread has it: packed, copied as a message is, unpacked. */
function across(value: unknown, packer = new Packer(), unpacker = new Unpacker()): unknown {
  return unpacker.unpack(structuredClone(packer.pack(value)));
}

describe('an error in another thread', () => {
  it('has its code, message and stack, and spells options in its hint as its reader does', () => {
    const error = new LayercastError('TIMEOUT', 'too late', {
      hint: (say) => `allow ${say('timeoutMs')} or ${say('wait')}`,
    });
    const there = across(error) as LayercastError;
    expect(there).toBeInstanceOf(LayercastError);
    expect(there).toMatchObject({ code: 'TIMEOUT', message: 'too late', stack: error.stack });
    expect(there.hint).toBe('allow the option timeoutMs or the option wait');
    expect(there.hintFor((option) => `--${option}`)).toBe('allow --timeoutMs or --wait');
  });

  it.each(['plain', undefined])('keeps the hint %s', (hint) => {
    const options = hint === undefined ? {} : { hint };
    expect(across(new LayercastError('INTERNAL', 'x', options))).toHaveProperty('hint', hint);
  });

  it('has its causes, with what the system said of them', () => {
    const cause = Object.assign(new RangeError('no room'), { code: 'ENOSPC', errno: -28, run: () => 1 });
    const there = across(new LayercastError('DISK_FULL', 'full', { cause })) as LayercastError;
    expect(there.cause).toBeInstanceOf(Error);
    expect(there.cause).toMatchObject({
      name: 'RangeError',
      message: 'no room',
      code: 'ENOSPC',
      errno: -28,
      stack: cause.stack,
    });
    expect(there.cause).not.toHaveProperty('run');
  });

  it('is one error if it comes twice, and another error is another', () => {
    const [packer, unpacker] = [new Packer(), new Unpacker()];
    const error = new LayercastError('FILE_IO', 'x');
    const there = across(error, packer, unpacker);
    expect(across(error, packer, unpacker)).toBe(there);
    expect(across(new LayercastError('FILE_IO', 'x'), packer, unpacker)).not.toBe(there);
  });

  it('that is its own cause ends somewhere', () => {
    const error = new Error('round');
    error.cause = error;
    expect(across(error)).toMatchObject({ message: 'round', cause: { message: 'round' } });
  });

  it('can be made one of another class', () => {
    class Special extends LayercastError {}
    const revive = (error: LayercastError, { faults }: Readonly<Record<string, unknown>>) =>
      Object.assign(new Special(error.code, error.message), { faults });
    const error = Object.assign(new LayercastError('CONFIG_INVALID', 'x'), { faults: [{ line: 1 }] });
    const there = across(error, new Packer(), new Unpacker(revive));
    expect(there).toBeInstanceOf(Special);
    expect(there).toMatchObject({ faults: [{ line: 1 }] });
  });
});

describe('the reason to stop', () => {
  it.each([
    ['a text', 'enough'],
    ['nothing', null],
    ['a number', 7],
    ['an error', new Error('enough')],
    ['an error of ours', new LayercastError('ABORTED', 'enough')],
    ['a function', () => 1],
    ['a symbol', Symbol('enough')],
    ['an object with a function', { stop: () => 1 }],
    ['an object that has no text', Object.create(null)],
    ['what signals give by themselves', AbortSignal.abort().reason],
  ])('that is %s comes back as the same value, by itself and as a cause', (_, reason) => {
    const [packer, unpacker] = [new Packer(), new Unpacker()];
    unpacker.giveReason(reason);
    const there = new Unpacker().unpack(structuredClone(packedReason(reason)));
    packer.knowReason(there);
    expect(across(there, packer, unpacker)).toBe(reason);
    const error = across(new LayercastError('ABORTED', 'stopped', { cause: there }), packer, unpacker);
    expect((error as Error).cause).toBe(reason);
  });
});
