import { z } from 'zod';
import { MAX_OBJECT_BYTES } from '../base/limits.js';
import { DURATION, SIZE } from '../base/units.js';
import { mappingOf, path, quantity, says, text } from '../config/fields.js';

/** Whether a text is an address of the web without what has settings of its own. */
function isOriginUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, username, password, hash } = new URL(value);
  return /^https?:$/.test(protocol) && `${username}${password}${hash}` === '';
}

const bucket = mappingOf('an S3 bucket', {
  region: text('Region of the bucket, such as eu-central-1'),
  credentials: path(
    'File with AWS_ACCESS_KEY_ID=… and AWS_SECRET_ACCESS_KEY=… in lines. Default: these variables of the environment',
  ).nullish(),
}).meta({
  title: 'S3',
  description: 'Signs requests as S3-compatible buckets ask (AWS Signature Version 4). Default: no signature',
});

/** Where `layercast mirror` finds the file of an object. */
export const origin = mappingOf('an origin', {
  url: z
    .string(says('not an address of the web', 'http: or https:, without user and password'))
    .refine(isOriginUrl, says('not an address of the web', 'http: or https:, without user and password'))
    .meta({ description: 'Address of the file: http: or https:' }),
  every: quantity(DURATION, 1e6, 365 * 86_400e6)
    .default(300e6)
    .meta({ description: 'Time from one look to the next. Default: 5min', default: '5min' }),
  maxSize: quantity(SIZE, 1, MAX_OBJECT_BYTES)
    .default(64e9)
    .meta({ description: 'A larger file is refused. Default: 64GB', default: '64GB' }),
  s3: bucket.optional(),
}).meta({
  title: 'Origin',
  description: 'Where layercast mirror finds the file; serve does not look there',
});

export type OriginEntry = z.output<typeof origin>;
