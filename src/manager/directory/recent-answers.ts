import type { Directory } from './directory.js';

/** Answers that are kept, each of some 50 kB; of at most 1 MB, where devices have links of 2 kB. More clients than this seldom read different look-ups at once. */
const MOST_ANSWERS = 16;

/**
 * Answers of the last look-ups, while they are true. A client fetches a long answer in blocks of 1 kB, and asks anew for each of them; without this,
 * each would look through all registrations.
 */
export class RecentAnswers {
  readonly #directory: Pick<Directory, 'revision'>;
  /** By what was asked; the one that was asked for last is the last. */
  readonly #answers = new Map<string, Uint8Array>();
  #revision = -1;

  constructor(directory: Pick<Directory, 'revision'>) {
    this.#directory = directory;
  }

  /**
   * @param asked one text for all that ask the same
   * @param find makes an answer that is not known; undefined: there is none now
   */
  of(asked: string, find: () => Uint8Array | undefined): Uint8Array | undefined {
    if (this.#directory.revision !== this.#revision) this.#answers.clear();
    this.#revision = this.#directory.revision;
    const answer = this.#answers.get(asked) ?? find();
    if (answer === undefined) return undefined;
    this.#answers.delete(asked);
    const [oldest] = this.#answers.keys();
    if (this.#answers.size >= MOST_ANSWERS && oldest !== undefined) this.#answers.delete(oldest);
    this.#answers.set(asked, answer);
    return answer;
  }
}
