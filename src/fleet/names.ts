import { MAX_NAME_BYTES, MAX_OBJECT_NAME_BYTES } from '../base/limits.js';
import { nameRule } from '../config/rules.js';

/** Names of objects. They never become paths. */
export const OBJECT_NAME_RULE = nameRule(
  /^[^\p{Cc}\p{Cs}]+$/u,
  MAX_OBJECT_NAME_BYTES,
  'not a name for an object',
  'text without control characters',
);

/** Names of fleets and servers, which people type and read in lists. */
export const PLAIN_NAME_RULE = nameRule(
  /^[^\s/\p{Cc}\p{Cf}\p{Cs}]+$/u,
  MAX_NAME_BYTES,
  'not a name',
  'text without spaces and /',
);
