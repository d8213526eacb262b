import { readFile } from 'node:fs/promises';
import { errnoOf } from '../base/errors.js';
import type { FleetOrigin } from '../fleet/fleet.js';
import { type OriginAnswer, type OriginRequest, readAnswer, requestFields } from './origin.js';
import { OriginFault } from './origin-fault.js';

/** Longest wait for an answer, and for so many bytes of one. Its origin has one of few places, and would keep it for ever with a byte now and then. */
const SILENCE_MS = 60_000;
/** 8 kbit/s. A link that is slower brings no file of a fleet. What has come is kept, and most origins let it be continued at the next look. */
const LEAST_BYTES = 60_000;

/** Asks an origin by HTTP, with a signature where it is a bucket (AWS Signature Version 4). @throws {OriginFault}; the reason of the signal */
export async function askOrigin(
  origin: FleetOrigin,
  request: OriginRequest,
  signal: AbortSignal,
): Promise<OriginAnswer> {
  const silence = new Silence(signal);
  try {
    const fields = requestFields(request);
    const signedFields = origin.s3 === undefined ? fields : await signed(origin, fields);
    // A compressed answer would have other bytes. Node adds this to requests for a part; said twice, and signed, a bucket would refuse it.
    const headers = 'range' in fields ? signedFields : { ...signedFields, 'accept-encoding': 'identity' };
    // A redirect is answered by a fault: see `readAnswer`.
    const response = await fetch(origin.url, { headers, redirect: 'manual', signal: silence.signal });
    try {
      const answer = readAnswer(response, request);
      if (answer.kind === 'unchanged') {
        silence.end();
        return answer;
      }
      const end = async () => {
        silence.end();
        await answer.end();
      };
      return { ...answer, body: silence.watch(answer.body), end };
    } catch (error) {
      await response.body?.cancel().catch(() => undefined);
      throw error;
    }
  } catch (error) {
    silence.end();
    signal.throwIfAborted();
    throw error instanceof OriginFault ? error : new OriginFault(reasonOf(error));
  }
}

async function signed(
  { url, s3 }: FleetOrigin,
  fields: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  const { region, credentialsPath } = s3!;
  const { AwsClient } = await import('aws4fetch');
  const client = new AwsClient({ ...(await credentialsOf(credentialsPath)), service: 's3', region });
  const request = await client.sign(url, { headers: { ...fields, 'x-amz-checksum-mode': 'ENABLED' } });
  return Object.fromEntries(request.headers);
}

/** The keys of a bucket, by the names that Amazon's tools use: lines of a file, or variables of the environment. */
async function credentialsOf(path: string | undefined) {
  const text =
    path === undefined
      ? ''
      : await readFile(path, 'utf8').catch((error: unknown) => {
          throw new OriginFault(`cannot read ${path} (${errnoOf(error)})`);
        });
  const lines = text.matchAll(/^\s*(?:export\s+)?(AWS_[A-Z_]+)\s*=\s*"?([^"\s]*)"?\s*$/gm);
  const values: Readonly<Record<string, string | undefined>> =
    path === undefined ? process.env : Object.fromEntries([...lines].map(([, name, value]) => [name, value]));
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN } = values;
  if (!accessKeyId || !secretAccessKey) {
    const where = path ?? 'the environment';
    throw new OriginFault(`AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both in ${where}`);
  }
  return { accessKeyId, secretAccessKey, ...(AWS_SESSION_TOKEN ? { sessionToken: AWS_SESSION_TOKEN } : {}) };
}

/** Ends a request of which nothing comes any more, or too little. Only the time in which bytes are waited for counts. */
class Silence {
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  #timer: NodeJS.Timeout;

  constructor(signal: AbortSignal) {
    this.signal = AbortSignal.any([signal, this.#controller.signal]);
    this.#timer = this.#wait(SILENCE_MS, 'nothing came');
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  async *watch(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let [bytes, leftMs] = [0, SILENCE_MS];
    this.end();
    try {
      let sinceMs = this.#waitForMore(leftMs, bytes);
      for await (const piece of body) {
        this.end();
        bytes += piece.length;
        leftMs -= performance.now() - sinceMs;
        if (bytes >= LEAST_BYTES) [bytes, leftMs] = [0, SILENCE_MS];
        yield piece;
        sinceMs = this.#waitForMore(leftMs, bytes);
      }
    } catch (error) {
      throw new OriginFault(reasonOf(error));
    } finally {
      this.end();
    }
  }

  #waitForMore(leftMs: number, bytes: number): number {
    this.#timer = this.#wait(leftMs, bytes === 0 ? 'nothing came' : `only ${bytes} bytes came`);
    return performance.now();
  }

  #wait(ms: number, what: string): NodeJS.Timeout {
    return setTimeout(
      () => this.#controller.abort(new OriginFault(`${what} for ${SILENCE_MS / 1000} s`)),
      Math.max(0, ms),
    );
  }
}

/** What went wrong: Node hides it in the cause. */
function reasonOf(error: unknown): string {
  if (error instanceof OriginFault) return error.message;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = errnoOf(cause);
  const text = cause instanceof Error && cause.message !== '' ? cause.message : String(cause);
  return code === undefined || text.includes(code) ? text : `${text} (${code})`;
}
