import { type Block, blockOf, blockOption } from './block.js';
import { type CoapMethod, codeOfMethod } from './code.js';
import type { Message } from './message.js';
import { type CoapOption, OptionNumber, Options, optionalBytes, optionalUint, textOptions } from './options.js';

/** What a client asks for. */
export interface CoapRequest {
  readonly method: CoapMethod;
  readonly path: readonly string[];
  /** Such as `ep=device-1`. */
  readonly query?: readonly string[] | undefined;
  readonly payload?: Uint8Array | undefined;
  readonly contentFormat?: number | undefined;
  readonly accept?: number | undefined;
  /** Asks for this block of the answer alone. @default the whole answer, block after block */
  readonly block2?: Block | undefined;
}

/** What a server answered. */
export interface CoapResponse {
  /** See `Code`. */
  readonly code: number;
  readonly payload: Uint8Array;
  readonly contentFormat: number | undefined;
  /** Seconds for which it is fresh; undefined stands for 60 (RFC 7252, section 5.10.5). */
  readonly maxAgeS: number | undefined;
  readonly etag: Uint8Array | undefined;
  readonly locationPath: readonly string[];
  /** Of the whole body, if the server said so. */
  readonly sizeBytes: number | undefined;
  /** Of one block alone. */
  readonly block2: Block | undefined;
}

/** Why there was no answer that can be used. An answer that says no is an answer. */
export class CoapFault extends Error {
  override readonly name = 'CoapFault';
  readonly kind: CoapFaultKind;

  constructor(kind: CoapFaultKind) {
    super(TEXTS[kind]);
    this.kind = kind;
  }
}

export type CoapFaultKind = keyof typeof TEXTS;

const TEXTS = {
  timeout: 'it did not answer in time',
  reset: 'it does not know what it was asked (reset)',
  unfit: 'what it is asked does not fit one message',
  full: 'too many requests wait for their turn',
  closed: 'the endpoint was closed',
  tooLong: 'its answer is too long',
  changed: 'its answer changed from block to block',
  damaged: 'its answer is damaged',
} as const;

/** The options of a request, without those of blocks. */
export function requestOptions(request: CoapRequest): readonly CoapOption[] {
  const { path, query = [], contentFormat, accept, block2 } = request;
  return [
    ...textOptions(OptionNumber.uriPath, path),
    ...optionalUint(OptionNumber.contentFormat, contentFormat),
    ...textOptions(OptionNumber.uriQuery, query),
    ...optionalUint(OptionNumber.accept, accept),
    ...(block2 === undefined ? [] : [blockOption(OptionNumber.block2, block2)]),
  ];
}

/** The code, the options and the payload of a request that fits one message. */
export function requestContent(request: CoapRequest): Pick<Message, 'code' | 'options' | 'payload'> {
  const { method, payload = new Uint8Array() } = request;
  return { code: codeOfMethod(method), options: requestOptions(request), payload };
}

/** @throws {CoapFault} `damaged` */
export function responseOf({
  code,
  payload,
  options: list,
}: Pick<Message, 'code' | 'options' | 'payload'>): CoapResponse {
  const options = new Options(list);
  const block2 = blockOf(options, OptionNumber.block2);
  if (block2 === 'damaged') throw new CoapFault('damaged');
  return {
    code,
    payload,
    contentFormat: options.uint(OptionNumber.contentFormat, 2),
    maxAgeS: options.uint(OptionNumber.maxAge),
    etag: options.bytes(OptionNumber.etag),
    locationPath: options.texts(OptionNumber.locationPath),
    sizeBytes: options.uint(OptionNumber.size2),
    block2,
  };
}

/** The options of a response, without those of blocks. */
export function responseOptions(
  response: Partial<Pick<CoapResponse, 'contentFormat' | 'maxAgeS' | 'etag' | 'locationPath' | 'sizeBytes'>>,
): readonly CoapOption[] {
  const { contentFormat, maxAgeS, etag, locationPath = [], sizeBytes } = response;
  return [
    ...optionalBytes(OptionNumber.etag, etag),
    ...textOptions(OptionNumber.locationPath, locationPath),
    ...optionalUint(OptionNumber.contentFormat, contentFormat),
    ...optionalUint(OptionNumber.maxAge, maxAgeS),
    ...optionalUint(OptionNumber.size2, sizeBytes),
  ];
}
