import { LayercastError } from '../../base/errors.js';
import { bytesOfAddress, textOfAddress } from '../../base/ipv6-text.js';
import type { Clock } from '../../base/ports.js';
import { waitUntil } from '../../base/waiting.js';

/** The part of node:dns/promises that is used here. Tests pass their own. */
export interface DnsResolver {
  resolveSrv(name: string): Promise<readonly ServiceRecord[]>;
  resolve6(
    name: string,
    options: { readonly ttl: true },
  ): Promise<readonly { readonly address: string; readonly ttl: number }[]>;
}

export interface ServiceRecord {
  readonly name: string;
  readonly port: number;
  readonly priority: number;
}

/** Where the servers of a domain send from, and the port on which they announce. */
export interface DomainAnswer {
  readonly port: number;
  /** Addresses in canonical text, sorted; at least one. */
  readonly sources: readonly string[];
}

/** The service of `_layercast._udp.DOMAIN` (RFC 2782). */
const SERVICE = '_layercast._udp';
/** Linux takes at most this many sources of a group (net.ipv6.mld_max_msf). */
const MAX_SOURCES = 64;
/** Names are looked up again when their addresses expire, but not more often and not less often than this: SRV records come without a lifetime. */
const MIN_INTERVAL_US = 1_000_000;
const MAX_INTERVAL_US = 60_000_000;
/** How long after a failed look-up the next one follows. */
const RETRY_US = 5_000_000;

interface Found {
  readonly answer: DomainAnswer;
  readonly lifeUs: number;
}

/** Finds the servers of a domain by SRV and AAAA records, and follows them while they change. Whatever DNS says, signatures decide. */
export class DomainServers implements Disposable {
  readonly #domain: string;
  readonly #resolver: DnsResolver;
  readonly #clock: Clock;
  readonly #onTrouble: (message: string) => void;
  #answer: DomainAnswer | undefined;
  #cancel: () => void = () => undefined;
  #isClosed = false;
  /** Whether the last look-up failed, which is told once. */
  #isTroubled = false;

  /** @param onTrouble called when names cannot be looked up any more; the last answer stays in use */
  constructor(domain: string, resolver: DnsResolver, clock: Clock, onTrouble: (message: string) => void) {
    this.#domain = domain;
    this.#resolver = resolver;
    this.#clock = clock;
    this.#onTrouble = onTrouble;
  }

  /** The newest answer. It is another object after each change, and only then. Only after `open`. */
  get answer(): DomainAnswer {
    return this.#answer!;
  }

  /**
   * Resolves with the first answer; until then it asks every 5 s. After that the answer follows DNS until `close`.
   *
   * @param patienceMs how long to ask
   * @throws {LayercastError} `NOBODY_SENDING` when there is no answer in that time, or when the domain says that it has no server; the
   * signal's reason
   */
  async open(patienceMs: number, signal: AbortSignal, onWaiting: (message: string) => void): Promise<void> {
    const endUs = this.#clock.nowUs() + patienceMs * 1000;
    for (let isFirst = true; ; isFirst = false) {
      signal.throwIfAborted();
      const found = await this.#find();
      signal.throwIfAborted();
      if ('answer' in found) {
        this.#take(found);
        return;
      }
      const nowUs = this.#clock.nowUs();
      if (found.isFinal || nowUs + RETRY_US > endUs) throw this.#nobody(found.why);
      if (isFirst) onWaiting(`waiting for the servers of ${this.#domain}: ${found.why}`);
      await waitUntil(nowUs + RETRY_US, this.#clock, signal);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #take({ answer, lifeUs }: Found): void {
    const before = this.#answer;
    const isSame = before?.port === answer.port && before.sources.join() === answer.sources.join();
    if (!isSame) this.#answer = answer;
    this.#isTroubled = false;
    this.#lookAfter(Math.min(MAX_INTERVAL_US, Math.max(MIN_INTERVAL_US, lifeUs)));
  }

  #lookAfter(us: number): void {
    if (this.#isClosed) return;
    this.#cancel = this.#clock.schedule(this.#clock.nowUs() + us, () => void this.#lookAgain());
  }

  async #lookAgain(): Promise<void> {
    const found = await this.#find();
    if (this.#isClosed) return;
    if ('answer' in found) {
      this.#take(found);
      return;
    }
    if (!this.#isTroubled)
      this.#onTrouble(
        `the servers of ${this.#domain} cannot be looked up: ${found.why}; going on with those found before`,
      );
    this.#isTroubled = true;
    this.#lookAfter(RETRY_US);
  }

  /** Never rejects. `isFinal`: asking again is of no use. */
  async #find(): Promise<Found | { readonly why: string; readonly isFinal: boolean }> {
    const name = `${SERVICE}.${this.#domain}`;
    let records: readonly ServiceRecord[];
    try {
      records = await this.#resolver.resolveSrv(name);
    } catch (error) {
      return { why: `no SRV record of ${name} (${reasonOf(error)})`, isFinal: reasonOf(error) === 'EBADNAME' };
    }
    // RFC 2782: this target says that there is no such service.
    if (records.length > 0 && records.every(({ name: target }) => target === '' || target === '.')) {
      return { why: `the SRV record of ${name} says that there is none`, isFinal: true };
    }
    let why = `${name} has no SRV record`;
    for (const group of byPriority(records)) {
      const { found, failure } = await this.#addressesOf(group);
      if (found !== undefined) return found;
      why = failure;
    }
    return { why, isFinal: false };
  }

  /** The sources of records of one priority. They are all joined, so their weights choose nothing. */
  async #addressesOf(
    records: readonly ServiceRecord[],
  ): Promise<{ readonly found: Found | undefined; readonly failure: string }> {
    // A group is joined on one port, so servers that announce on another cannot be heard with these.
    const { port } = records[0]!;
    const targets = [...new Set(records.filter((record) => record.port === port).map(({ name }) => name))];
    let failure = '';
    const found = await Promise.all(
      targets.slice(0, MAX_SOURCES).map((target) =>
        this.#resolver.resolve6(target, { ttl: true }).catch((error: unknown) => {
          failure = `no AAAA record of ${target} (${reasonOf(error)})`;
          return [];
        }),
      ),
    );
    const addresses = found.flat().filter(({ address }) => isHost(address));
    const sources = [...new Set(addresses.map(({ address }) => textOfAddress(bytesOfAddress(address))))];
    if (sources.length === 0) return { found: undefined, failure: failure || `${targets.join(', ')} have no address` };
    const lifeUs = Math.min(...addresses.map(({ ttl }) => ttl)) * 1e6;
    return { found: { answer: { port, sources: sources.slice(0, MAX_SOURCES).sort() }, lifeUs }, failure };
  }

  #nobody(why: string): LayercastError {
    return new LayercastError('NOBODY_SENDING', `found no server of ${this.#domain}: ${why}`, {
      hint: `Publish _layercast._udp.${this.#domain} (SRV) and the addresses of its targets (AAAA), or check this host's resolver`,
    });
  }
}

/** Records with a target, those of the lowest priority first, and within a priority by name, so that the first port is always the same. */
function byPriority(records: readonly ServiceRecord[]): readonly (readonly ServiceRecord[])[] {
  const sorted = records
    .filter(({ name, port }) => name !== '' && name !== '.' && port > 0)
    .sort((a, b) => a.priority - b.priority || a.name.localeCompare(b.name) || a.port - b.port);
  const priorities = [...new Set(sorted.map(({ priority }) => priority))];
  return priorities.map((priority) => sorted.filter((record) => record.priority === priority));
}

/** Whether an address can be the source of datagrams here: no group, not unspecified, loopback, link-local or IPv4. */
function isHost(address: string): boolean {
  const text = textOfAddress(bytesOfAddress(address));
  return !/^(?:ff..:|fe[89ab].:|::1?$|::ffff:)/.test(text);
}

function reasonOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
