import { KeyObject } from 'node:crypto';
import { z } from 'zod';
import type { Clock, Network } from '../base/ports.js';
import { choice, line, numberWithin, says, truth, whole } from '../config/fields.js';
import { channelIndexes, objectName, plainName } from '../fleet/fields.js';
import type { Form, KindOf } from './kinds.js';
import type { OptionTable } from './option.js';

/** The schemas of a call's options, by their names. */
export function programShapeOf(table: OptionTable): Readonly<Record<string, z.ZodType>> {
  return Object.fromEntries(
    Object.entries(table).map(([name, { kind, isRequired }]) => {
      const schema = schemaOf(kind);
      return [name, isRequired ? schema : schema.optional()];
    }),
  );
}

/** What a program may give for a kind of value. */
function schemaOf<F extends Form>(kind: KindOf<F>): z.ZodType {
  return (SCHEMAS[kind.form as F] as (kind: KindOf<F>) => z.ZodType)(kind);
}

const SCHEMAS: { readonly [F in Form]: (kind: KindOf<F>) => z.ZodType } = {
  whole: ({ min, max }) => whole(min, max),
  choice: ({ words }) => choice(words),
  quantity: ({ bounds, unit, unitFactor }) => numberWithin(bounds, unit, unitFactor),
  truth,
  text: ({ what }) => line(`not ${what}`),
  name: () => plainName,
  objectName: () => objectName,
  path: () => line('not a path'),
  output: () => line('not a path'),
  key: () => pemOrKey,
  channels: () => channelIndexes,
  signal: () =>
    z.custom<AbortSignal>(
      (value) => isObjectWith(value, ['addEventListener', 'removeEventListener']) && 'aborted' in (value as object),
      says('not a signal', 'an AbortSignal'),
    ),
  network: () =>
    z.custom<Network>(
      (value) => isObjectWith(value, ['openSender', 'join']) && isFunctionOrNothing((value as Network).dropped),
      says('not a network', 'an object with the functions openSender and join'),
    ),
  clock: () =>
    z.custom<Clock>(
      (value) => isObjectWith(value, ['nowUs', 'wallUs', 'schedule']),
      says('not a clock', 'an object with the functions nowUs, wallUs and schedule'),
    ),
};

/** PEM text or a key object. `publicKeyFrom` checks whether it is a key, and of which kind. */
export const pemOrKey = z.custom<string | Buffer | KeyObject>(
  (value) => (typeof value === 'string' && value !== '') || value instanceof Uint8Array || value instanceof KeyObject,
  says('not a key', 'the text of a PEM file as a string or Buffer, or a KeyObject'),
);

function isObjectWith(value: unknown, functions: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return functions.every((name) => typeof (value as Record<string, unknown>)[name] === 'function');
}

function isFunctionOrNothing(value: unknown): boolean {
  return value === undefined || typeof value === 'function';
}
