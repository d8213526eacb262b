import { randomUUID } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';
import { shellWord } from '../../dist/base/shell-word.js';

/** How a command ended, and what it wrote. */
export interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A shell that reads commands from its standard input. */
interface ShellProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
}

/**
 * Runs short commands one after the other in a shell that stays. For each process that a process of the tests starts itself, the system first copies the
 * tables of all its memory, which takes longer than most of these commands.
 */
export class CommandShell {
  readonly #shell: ShellProcess;
  #last: Promise<unknown> = Promise.resolve();

  constructor(shell: ShellProcess) {
    this.#shell = shell;
    for (const stream of [shell.stdout, shell.stderr]) stream.setEncoding('utf8');
  }

  /**
   * Runs a command when those before have ended.
   *
   * @param input its standard input; a last line without an end gets one
   * @throws {Error} when the shell ends meanwhile, or has ended
   */
  run(command: readonly string[], directory: string, input = ''): Promise<Answer> {
    const answer = this.#last.then(() => this.#ask(command, directory, input));
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  async #ask(command: readonly string[], directory: string, input: string): Promise<Answer> {
    const { stdin, stdout, stderr } = this.#shell;
    const mark = `end-${randomUUID()}`;
    const source = input === '' ? '</dev/null' : `<<'${mark}'\n${input.replace(/\n?$/, '\n')}${mark}`;
    const asked = `cd ${shellWord(directory)} && ${command.map(shellWord).join(' ')}`;
    const answers = Promise.all([stdout, stderr].map((stream) => textUntil(stream, mark)));
    stdin.write(`${asked} ${source}\nprintf '${mark}%d\\n' $?; echo '${mark}' >&2\n`);
    const [said, complained] = await answers;
    return { code: Number(said!.after), stdout: said!.before, stderr: complained!.before };
  }
}

/** Reads up to a mark and the rest of its line. */
function textUntil(stream: Readable, mark: string): Promise<{ readonly before: string; readonly after: string }> {
  return new Promise((resolve, reject) => {
    let text = '';
    const end = () => reject(new Error(`the shell has ended ${text}`.trim()));
    const take = (more: string) => {
      text += more;
      const at = text.indexOf(mark);
      if (at < 0 || !text.endsWith('\n')) return;
      stream.off('data', take).off('close', end);
      resolve({ before: text.slice(0, at), after: text.slice(at + mark.length, -1) });
    };
    if (stream.closed) end();
    else stream.on('data', take).once('close', end);
  });
}
