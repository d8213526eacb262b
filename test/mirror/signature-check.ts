import { createHash, createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** What a bucket knows of its user. */
export interface BucketUser {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
}

/**
 * Whether a request is signed as Amazon's page "Authenticating Requests: Using the Authorization Header (AWS Signature Version 4)" says: step by
 * step as there, from what came over the wire.
 */
export function isSigned(request: IncomingMessage, user: BucketUser, nowMs: number): boolean {
  const parts =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/.exec(
      request.headers.authorization ?? '',
    );
  if (parts === null) return false;
  const [, id, day, region, names = '', signature] = parts;
  const time = String(request.headers['x-amz-date']);
  if (id !== user.accessKeyId || region !== user.region || !time.startsWith(day!)) return false;
  const [, year, month, date, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(time)!;
  const signedMs = Date.parse(`${year}-${month}-${date}T${hour}:${minute}:${second}Z`);
  if (Math.abs(signedMs - nowMs) > 15 * 60_000) return false;
  const signed = names.split(';');
  if (!signed.includes('host') || names !== [...signed].sort().join(';')) return false;
  const url = new URL(request.url!, 'http://x');
  const query = [...url.searchParams]
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .sort()
    .join('&');
  const payload = String(request.headers['x-amz-content-sha256']);
  if (payload !== 'UNSIGNED-PAYLOAD' && payload !== sha256('')) return false;
  const canonical = [
    request.method,
    url.pathname,
    query,
    ...signed.map((name) => `${name}:${String(request.headers[name]).trim().replace(/ +/g, ' ')}`),
    '',
    names,
    payload,
  ].join('\n');
  const scope = `${day}/${region}/s3/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n');
  const key = [region!, 's3', 'aws4_request'].reduce<Buffer>(
    (last, word) => hmac(last, word),
    hmac(`AWS4${user.secretAccessKey}`, day!),
  );
  return hmac(key, toSign).toString('hex') === signature;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
