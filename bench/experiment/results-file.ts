import { appendFile, readFile } from 'node:fs/promises';
import { errnoOf } from '../../dist/base/errors.js';
import { systemError } from '../../dist/base/system-error.js';
import { cellOf } from './cells.js';
import type { Result } from './result.js';

/**
 * Results of an experiment that is run in pieces: JSON lines, one for each run of a cell, of which the first counts. A line that is cut short is no
 * result, and the next one begins behind it.
 */
export class ResultsFile {
  /** Lines that are no results. */
  readonly otherCount: number;
  readonly #path: string;
  readonly #results: Result[];
  /** Whether the last line may lack its end. */
  #isCut: boolean;

  private constructor(path: string, text: string) {
    this.#path = path;
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    const results = lines.flatMap(parsed);
    this.otherCount = lines.length - results.length;
    const firsts = new Map<string, Result>();
    for (const one of results) if (!firsts.has(keyOf(one))) firsts.set(keyOf(one), one);
    this.#results = [...firsts.values()];
    this.#isCut = text !== '' && !text.endsWith('\n');
  }

  /** @throws LayercastError the system's reason why the file cannot be read, if there is one */
  static async open(path: string): Promise<ResultsFile> {
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      if (errnoOf(error) === 'ENOENT') return '';
      throw systemError(error, 'read', path);
    });
    return new ResultsFile(path, text);
  }

  get results(): readonly Result[] {
    return this.#results;
  }

  has(cell: string, linkBitsPerSecond: number, run: number): boolean {
    const key = keyOf({ cell, linkBitsPerSecond, run });
    return this.#results.some((one) => keyOf(one) === key);
  }

  /** Makes the file if there is none. @throws LayercastError the system's reason why nothing can be added */
  async requireWritable(): Promise<void> {
    await this.#append('');
  }

  /** @throws LayercastError the system's reason why it cannot be added */
  async add(result: Result): Promise<void> {
    await this.#append(`${this.#isCut ? '\n' : ''}${JSON.stringify(result)}\n`);
    this.#isCut = false;
    this.#results.push(result);
  }

  async #append(text: string): Promise<void> {
    try {
      await appendFile(this.#path, text);
    } catch (error) {
      // On a full disk a part may have been written.
      this.#isCut = true;
      throw systemError(error, 'write', this.#path);
    }
  }
}

function keyOf({ cell, linkBitsPerSecond, run }: Pick<Result, 'cell' | 'linkBitsPerSecond' | 'run'>): string {
  return `${cell} ${linkBitsPerSecond} ${run}`;
}

function parsed(line: string): Result[] {
  try {
    const result = JSON.parse(line) as Result;
    const { cell, linkBitsPerSecond, run, seconds, lastedSeconds, serverBytes }: Partial<Result> = result;
    cellOf(String(cell));
    const isResult =
      [linkBitsPerSecond, run, lastedSeconds, serverBytes].every(Number.isFinite) && Array.isArray(seconds);
    return isResult ? [result] : [];
  } catch {
    return [];
  }
}
