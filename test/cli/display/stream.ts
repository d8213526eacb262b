import { PassThrough } from 'node:stream';

/** A stream that says whether it is a terminal, and keeps what was written. */
export function stream(isTTY: boolean, columns = 80) {
  const written: string[] = [];
  const stream = Object.assign(new PassThrough(), { isTTY, columns });
  stream.on('data', (chunk) => written.push(String(chunk)));
  return { stream: stream as unknown as NodeJS.WriteStream, text: () => written.join('') };
}
