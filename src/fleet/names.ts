import { MAX_NAME_BYTES, MAX_OBJECT_NAME_BYTES } from '../base/limits.js';
import { nameRule } from '../config/rules.js';

/** Names of objects. They never become paths. */
export const OBJECT_NAME_RULE = nameRule(
  /^[^\p{Cc}\p{Cs}]+$/u,
  MAX_OBJECT_NAME_BYTES,
  'not a name for an object',
  'text without control characters',
);

/** Classes of devices, such as `acme/gateway-2`. */
export const CLASS_RULE = nameRule(
  /^[^\s\p{Cc}\p{Cf}\p{Cs}]+$/u,
  MAX_NAME_BYTES,
  'not a class of devices',
  'text without spaces',
);

/** Names of fleets and servers, which people type and read in lists. */
export const PLAIN_NAME_RULE = nameRule(
  /^[^\s/\p{Cc}\p{Cf}\p{Cs}]+$/u,
  MAX_NAME_BYTES,
  'not a name',
  'text without spaces and /',
);
