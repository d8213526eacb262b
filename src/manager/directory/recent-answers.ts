import type { Directory } from './directory.js';

/** Answers that are kept, each of at most some 50 kB. More clients than this seldom read different look-ups at once. */
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

  /** @param asked one text for all that ask the same */
  of(asked: string, find: () => Uint8Array): Uint8Array {
    if (this.#directory.revision !== this.#revision) this.#answers.clear();
    this.#revision = this.#directory.revision;
    const answer = this.#answers.get(asked) ?? find();
    this.#answers.delete(asked);
    const [oldest] = this.#answers.keys();
    if (this.#answers.size >= MOST_ANSWERS && oldest !== undefined) this.#answers.delete(oldest);
    this.#answers.set(asked, answer);
    return answer;
  }
}
