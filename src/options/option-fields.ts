import { KeyObject } from 'node:crypto';
import { z } from 'zod';
import type { Clock, Network } from '../base/ports.js';
import { line, numberWithin, says, truth } from '../config/fields.js';
import { CACHE_SIZE, JOINED_RATE, WAITING_TIME } from '../config/units.js';

/*
 * The kinds of value that only options have. Names, choices, ports and lists are checked by the fields of files, and numbers
 * by the bounds of files.
 */

export const flag = truth();
export const pathOption = line('not a path');
export const nameOfInterface = line('not the name of a network interface');
export const joinedRate = numberWithin(JOINED_RATE, 'bit/s');
export const milliseconds = numberWithin(WAITING_TIME, 'milliseconds', 1000);
export const cacheBytes = numberWithin(CACHE_SIZE, 'bytes');

/** PEM text or a key object; which key it is only reading it tells. */
export const keyOption = z.custom<string | Buffer | KeyObject>(
  (value) => (typeof value === 'string' && value !== '') || value instanceof Uint8Array || value instanceof KeyObject,
  says('not a key', 'the text of a PEM file as a string or Buffer, or a KeyObject'),
);

export const signalOption = z.custom<AbortSignal>(
  (value) => isObjectWith(value, ['addEventListener', 'removeEventListener']) && 'aborted' in (value as object),
  says('not a signal', 'an AbortSignal'),
);

export const networkOption = z.custom<Network>(
  (value) => isObjectWith(value, ['openSender', 'join']) && isFunctionOrNothing((value as Network).dropped),
  says('not a network', 'an object with the functions openSender and join'),
);

export const clockOption = z.custom<Clock>(
  (value) => isObjectWith(value, ['nowUs', 'wallUs', 'schedule']),
  says('not a clock', 'an object with the functions nowUs, wallUs and schedule'),
);

function isObjectWith(value: unknown, functions: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return functions.every((name) => typeof (value as Record<string, unknown>)[name] === 'function');
}

function isFunctionOrNothing(value: unknown): boolean {
  return value === undefined || typeof value === 'function';
}
