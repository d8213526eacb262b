import { existsSync } from 'node:fs';
import { appendFile, readFile } from 'node:fs/promises';
import type { Result } from './result.js';

/** Results of an experiment that is run in pieces: JSON lines, one for each run of a cell. A line that is cut short is no result. */
export class ResultsFile {
  readonly #path: string;
  readonly #results: Result[];

  private constructor(path: string, results: Result[]) {
    this.#path = path;
    this.#results = results;
  }

  static async open(path: string): Promise<ResultsFile> {
    const text = existsSync(path) ? await readFile(path, 'utf8') : '';
    return new ResultsFile(path, text.split('\n').flatMap(parsed));
  }

  get results(): readonly Result[] {
    return this.#results;
  }

  has(cell: string, linkBitsPerSecond: number, run: number): boolean {
    return this.#results.some(
      (one) => one.cell === cell && one.linkBitsPerSecond === linkBitsPerSecond && one.run === run,
    );
  }

  async add(result: Result): Promise<void> {
    this.#results.push(result);
    await appendFile(this.#path, `${JSON.stringify(result)}\n`);
  }
}

function parsed(line: string): Result[] {
  try {
    return [JSON.parse(line) as Result];
  } catch {
    return [];
  }
}
