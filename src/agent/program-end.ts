import { LayercastError } from '../base/errors.js';
import type { ProgramEnd } from './ports.js';

/** "Try again later" (sysexits.h, EX_TEMPFAIL). */
const TRY_AGAIN = 75;

/** What a program's end means for the version: taken over, to be tried again later, or failed for good. */
export function meaningOf(end: ProgramEnd): 'applied' | 'later' | 'failed' {
  if (end.kind === 'exit' && end.code === 0) return 'applied';
  // A program that could not be started has done nothing: its owner may still install it or mend its name.
  return end.kind === 'notStarted' || (end.kind === 'exit' && end.code === TRY_AGAIN) ? 'later' : 'failed';
}

/** The end in words. */
function sayEnd(end: ProgramEnd): string {
  switch (end.kind) {
    case 'exit':
      return end.code === TRY_AGAIN ? `the program asks to be run again later (${TRY_AGAIN})` : `exit code ${end.code}`;
    case 'signal':
      return `the program was ended by ${end.signal}`;
    case 'timeout':
      return 'the program took too long and was ended';
    case 'notStarted':
      return `the program cannot be started: ${end.message}`;
  }
}

/** The error of a version that is not taken over. */
export function programError(what: string, end: ProgramEnd): LayercastError {
  const isLater = meaningOf(end) === 'later';
  return new LayercastError('PROGRAM_FAILED', `${what}: ${sayEnd(end)}`, {
    hint: isLater
      ? 'The agent runs it again after a pause'
      : (say) => `Publish a higher version, or have this one tried once more with ${say('retry')}`,
  });
}
