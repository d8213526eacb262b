import { Allowance } from '../base/allowance.js';
import { IP_AND_UDP_BYTES } from '../base/limits.js';
import { Assemblies } from './assemblies.js';
import { type Block, blockOf, blockOption } from './block.js';
import type { CoapBounds } from './bounds.js';
import { type CoapMethod, Code, isSuccess, methodOf } from './code.js';
import type { LinkLayer } from './link-layer.js';
import { emptyMessage, type Message } from './message.js';
import { Observers } from './observers.js';
import { OptionNumber, Options, uintOption } from './options.js';
import { type Peer, peerKey } from './peer.js';
import { Remembered } from './remembered.js';
import { type Answer, answerOf, plain } from './reply-message.js';
import type { CoapResource, CoapSite, IncomingRequest } from './site.js';
import type { Transmissions } from './transmissions.js';

const UNDERSTOOD: ReadonlySet<number> = new Set([
  OptionNumber.uriHost,
  OptionNumber.uriPort,
  OptionNumber.uriPath,
  OptionNumber.uriQuery,
  OptionNumber.accept,
  OptionNumber.block1,
  OptionNumber.block2,
]);
const PROXY: readonly number[] = [OptionNumber.proxyUri, OptionNumber.proxyScheme];
/** How a client is told to come again when too much is asked at once. */
const BUSY_S = 2;
/** The limit of answers holds on average over this time. */
const ANSWER_BURST_S = 1;

/** A request with what its options say. */
interface Parsed {
  readonly peer: Peer;
  readonly message: Message;
  readonly options: Options;
  readonly method: CoapMethod;
  readonly path: readonly string[];
  readonly query: readonly string[];
  readonly block1: Block | undefined;
  readonly block2: Block | undefined;
}

/**
 * Answers requests, always in the acknowledgement: clients exist that cannot put blocks together which come as messages of their own. A request
 * other than GET works once, however often its message comes; a GET changes nothing, so nothing is kept of it.
 */
export class Server {
  readonly observers: Observers;
  readonly #link: LinkLayer;
  readonly #site: CoapSite;
  readonly #bounds: CoapBounds;
  readonly #onAnswer: (code: number, payloadBytes: number) => void;
  readonly #remembered: Remembered;
  readonly #assemblies: Assemblies;
  /** Bytes of answers, with all headers. An answer may exceed what is left; the next ones wait for it. */
  readonly #answerBytes: Allowance;
  /** Requests that are being answered, by peer and message id. */
  readonly #busy = new Set<string>();
  readonly #closing = new AbortController();

  constructor(
    link: LinkLayer,
    transmissions: Transmissions,
    site: CoapSite,
    bounds: CoapBounds,
    onAnswer: (code: number, payloadBytes: number) => void = () => undefined,
    onReset: (peer: Peer) => void = () => undefined,
  ) {
    this.#link = link;
    this.#site = site;
    this.#bounds = bounds;
    this.#onAnswer = onAnswer;
    this.observers = new Observers(transmissions, bounds, onReset);
    this.#remembered = new Remembered(link.clock, bounds.rememberedCount);
    this.#assemblies = new Assemblies(link.clock, bounds.assemblyCount);
    this.#answerBytes = new Allowance(bounds.answerBytesPerSecond, bounds.answerBytesPerSecond * ANSWER_BURST_S);
  }

  async take(peer: Peer, message: Message): Promise<void> {
    const { counts } = this.#link;
    const key = `${peerKey(peer)} ${message.id}`;
    if (this.#busy.has(key)) {
      counts.duplicate++;
      return;
    }
    if (!this.#answerBytes.isLeft(this.#link.clock.nowUs())) {
      counts.limited++;
      return;
    }
    if (message.code !== Code.get) {
      const known = this.#remembered.of(peer, message.id);
      if (known !== undefined) {
        counts.duplicate++;
        if (known.reply === undefined) return;
        this.#answerBytes.spend(known.reply.length + IP_AND_UDP_BYTES);
        this.#link.sendBytes(known.reply, peer);
        return;
      }
      this.#remembered.note(peer, message.id);
    }
    if (this.#busy.size >= this.#bounds.requestCount) {
      counts.refused++;
      return this.#reply(peer, message, plain(Code.unavailable, BUSY_S));
    }
    this.#busy.add(key);
    try {
      const answer = await this.#answer(peer, message).catch(() => plain(Code.internalError));
      if (this.#closing.signal.aborted) return;
      if (answer === undefined) {
        if (message.type === 'CON') this.#link.send(emptyMessage('RST', message.id), peer);
      } else this.#reply(peer, message, answer);
    } finally {
      this.#busy.delete(key);
    }
  }

  close(): void {
    this.#closing.abort();
    this.observers.close();
  }

  /** Undefined: the request is rejected. */
  async #answer(peer: Peer, message: Message): Promise<Answer | undefined> {
    const parsed = parse(peer, message);
    if (!('method' in parsed)) return parsed.code === undefined ? undefined : plain(parsed.code);
    const resource = this.#site.find(parsed.path);
    if (resource === undefined) return plain(Code.notFound);
    if (resource.admits?.(peer, parsed.method) === false) return plain(Code.forbidden);
    const { maxPayloadBytes = 0 } = resource;
    const request = JSON.stringify([parsed.method, parsed.path, parsed.query]);
    const taken = this.#assemblies.take(peer, request, parsed.block1, message.payload, maxPayloadBytes);
    if (taken.kind === 'refused') {
      if (taken.code === Code.unavailable) this.#link.counts.refused++;
      const size = taken.code === Code.tooLarge ? [uintOption(OptionNumber.size1, maxPayloadBytes)] : [];
      return this.#echoed({ ...plain(taken.code), options: size }, parsed.block1);
    }
    if (taken.kind === 'more') return this.#echoed(plain(Code.continue), parsed.block1);
    const answer = await this.#ask(resource, parsed, taken.payload);
    return this.#echoed(this.#observed(resource, parsed, answer), parsed.block1);
  }

  async #ask(resource: CoapResource, parsed: Parsed, payload: Uint8Array): Promise<Answer> {
    const { peer, options, method, path, query, block2 } = parsed;
    const { signal } = this.#closing;
    const request: IncomingRequest = {
      peer,
      method,
      path,
      query,
      payload,
      contentFormat: options.uint(OptionNumber.contentFormat, 2),
      accept: options.uint(OptionNumber.accept, 2),
      signal,
    };
    const reply = await resource.answer(request);
    const { accept } = request;
    const isWanted = accept === undefined || !isSuccess(reply.code) || accept === (reply.contentFormat ?? accept);
    return isWanted ? await answerOf(reply, options, block2, signal) : plain(Code.notAcceptable);
  }

  /** Notes an observer, or that it observes no longer. */
  #observed(resource: CoapResource, parsed: Parsed, answer: Answer): Answer {
    const { peer, message, options, method, path, block2 } = parsed;
    const observe = options.uint(OptionNumber.observe, 3);
    if (method !== 'GET' || observe === undefined || (block2?.index ?? 0) > 0) return answer;
    if (observe !== 0 || resource.isObservable !== true || !isSuccess(answer.code)) {
      this.observers.remove(peer, message.token);
      return answer;
    }
    // A resource that has gone since says so.
    const now = async () => {
      const found = this.#site.find(path);
      return found === undefined ? plain(Code.notFound) : await this.#ask(found, parsed, new Uint8Array());
    };
    const sequence = this.observers.add({
      peer,
      token: message.token,
      path,
      answer: () => now().catch(() => plain(Code.internalError)),
    });
    if (sequence === undefined) return answer;
    return { ...answer, options: [...answer.options, uintOption(OptionNumber.observe, sequence)] };
  }

  /** An answer to a block says which one (RFC 7959, section 2.3). */
  #echoed(answer: Answer, block1: Block | undefined): Answer {
    if (block1 === undefined) return answer;
    return { ...answer, options: [...answer.options, blockOption(OptionNumber.block1, block1)] };
  }

  #reply(peer: Peer, { type, id, token, code }: Message, answer: Answer): void {
    const isConfirmable = type === 'CON';
    const head = {
      type: isConfirmable ? 'ACK' : 'NON',
      id: isConfirmable ? id : this.#link.nextId(peer),
      token,
    } as const;
    const bytes = this.#link.send({ ...head, ...answer }, peer);
    this.#answerBytes.spend(bytes.length + IP_AND_UDP_BYTES);
    this.#onAnswer(answer.code, answer.payload.length);
    if (code !== Code.get) this.#remembered.answered(peer, id, bytes);
  }
}

/** Reads what the options of a request say. @returns the code of the refusal otherwise; undefined: the message is rejected */
function parse(peer: Peer, message: Message): Parsed | { readonly code: number | undefined } {
  const options = new Options(message.options);
  const strange = options.criticalBeside(UNDERSTOOD);
  if (strange.length > 0) {
    if (message.type !== 'CON') return { code: undefined };
    return { code: strange.some((number) => PROXY.includes(number)) ? Code.proxyingNotSupported : Code.badOption };
  }
  const method = methodOf(message.code);
  if (method === undefined) return { code: Code.methodNotAllowed };
  const [block1, block2] = [blockOf(options, OptionNumber.block1), blockOf(options, OptionNumber.block2)];
  if (block1 === 'damaged' || block2 === 'damaged') return { code: Code.badRequest };
  const path = options.texts(OptionNumber.uriPath);
  return { peer, message, options, method, path, query: options.texts(OptionNumber.uriQuery), block1, block2 };
}
