import { expect, it, onTestFinished, vi } from 'vitest';
import { SafeEmitter } from '../../dist/events/safe-emitter.js';

it('an error that a listener throws surfaces after the emitting code, which goes on', () => {
  const later = vi.spyOn(globalThis, 'queueMicrotask').mockReturnValue(undefined);
  onTestFinished(() => later.mockRestore());
  const emitter = new SafeEmitter<{ progress: (bytes: number) => void }>();
  const heard: number[] = [];
  emitter.on('progress', (bytes) => {
    heard.push(bytes);
    if (bytes === 1) throw new Error('a fault of the program');
  });
  expect(emitter.emit('progress', 1)).toBe(true);
  expect(emitter.emit('progress', 2)).toBe(true);
  expect(heard).toEqual([1, 2]);
  expect(later).toHaveBeenCalledTimes(1);
  expect(later.mock.calls[0]![0]).toThrow('a fault of the program');
});
