import { Command, CommanderError } from 'commander';
import { LayercastError } from '../base/errors.js';
import { ConfigError } from '../config/faults.js';
import { exitCodeOf } from './exit-codes.js';
import { endBy, Interrupted } from './interrupt.js';
import { areEventsOnStandardError, printEvent } from './json/print-event.js';
import { goOnWithoutOutput } from './lost-output.js';
import { typed } from './spelling.js';
import { version } from './version.js';

/** Adds one command to the program. Each file in `commands/` exports one; it loads large modules only when the command runs. */
export type Registration = (program: Command) => void;

/** Commands by their names. */
export type Registrations = Readonly<Record<string, Registration>>;

/** Prints the flags of all commands, so that it needs them. */
const OF_ALL_COMMANDS = 'completion';

/**
 * Runs the command line and sets the process's exit code. Never rejects.
 *
 * @returns if a signal has ended the command: what has it end the process, should that not end by itself
 */
export async function run(registrations: Registrations, argv: readonly string[]): Promise<(() => void) | undefined> {
  goOnWithoutOutput();
  const program = programOf(neededFor(argv[2], registrations));
  try {
    refuseUnknownTopic(argv, registrations);
    program.hook('preAction', (_, command) => refuseStreams(command));
    await program.parseAsync(argv);
    return undefined;
  } catch (error) {
    process.exitCode = exitCodeOf(error);
    if (process.exitCode !== 0) report(await clearest(error, argv[2]), argv.includes('--json'));
    return error instanceof Interrupted ? () => endBy(error) : undefined;
  }
}

/** Commander explains the program when it is asked about a command that there is not. */
function refuseUnknownTopic([, , command, topic]: readonly string[], registrations: Registrations): void {
  if (command !== 'help' || topic === undefined || topic.startsWith('-')) return;
  if (topic !== 'help' && !Object.hasOwn(registrations, topic))
    throw new LayercastError('USAGE', `unknown command '${topic}'`, { hint: SEE_HELP });
}

/** Options that take `-` for standard output. Elsewhere it would become a file or a folder called `-`. */
const TAKE_STREAMS = ['--output', '--svg', '--content'];

function refuseStreams(command: Command): void {
  for (const [name, value] of Object.entries(command.opts())) {
    const long = command.options.find((option) => option.attributeName() === name)?.long ?? name;
    if (![value].flat().includes('-') || TAKE_STREAMS.includes(long)) continue;
    throw new LayercastError('USAGE', `${long} cannot be standard input or output: found -`, {
      hint: 'Name a file or a folder; ./- is one called "-"',
    });
  }
}

/** One error for a file that was written for another command, in place of a fault for each of its settings. */
async function clearest(error: unknown, command: string | undefined): Promise<unknown> {
  if (!(error instanceof ConfigError)) return error;
  const { errorOfOtherKind } = await import('./other-kind.js');
  return errorOfOtherKind(command, error) ?? error;
}

/** The program with these commands. */
export function programOf(registrations: Registrations): Command {
  const program = newProgram();
  for (const register of Object.values(registrations)) register(program);
  return program;
}

/** What has to be known to run a command. To declare the flags of all commands takes as long as to load them. */
function neededFor(name: string | undefined, registrations: Registrations): Registrations {
  if (name === undefined || name === OF_ALL_COMMANDS || !Object.hasOwn(registrations, name)) return registrations;
  return { [name]: registrations[name]! };
}

function newProgram(): Command {
  return (
    new Command('layercast')
      .description('Files to any number of machines over IPv6 multicast, each at the rate its own link can take.')
      .version(version(), '-V, --version', 'print the version')
      .helpOption('-h, --help', 'print help for a command')
      .helpCommand('help [command]', 'print help for a command')
      .configureHelp({ helpWidth: 80, showGlobalOptions: false })
      // `report`, below, prints all errors; without this, commander would print its own before.
      .configureOutput({ outputError: () => {} })
      .exitOverride()
      .addHelpText('after', EXAMPLES)
  );
}

const EXAMPLES = `
Examples:
  layercast keygen --out keys
  layercast config validate fleet.yaml
  layercast plan --config fleet.yaml

Exit codes: 0 done; 1 failure; 2 usage or config; 3 incomplete, progress kept;
4 integrity, signature, expiry or role; 5 nobody is sending;
130, 143 after a signal.`;

function report(error: unknown, json: boolean): void {
  const { code, message, hint } = describe(error);
  const lines = error instanceof ConfigError ? withExcerpts(error) : `layercast: ${message}`;
  if (!(json && areEventsOnStandardError()))
    process.stderr.write(`${lines}\n${hint === undefined ? '' : `  ${hint.replaceAll('\n', '\n  ')}\n`}`);
  if (json) printEvent('error', { code, message, hint });
}

/** Each fault with its line of the file below it. Each fault is one line of the message. */
function withExcerpts({ message, excerpts }: ConfigError): string {
  return message
    .split('\n')
    .flatMap((line, i) => [line, ...(excerpts[i] ?? [])])
    .join('\n');
}

function describe(error: unknown): { code: string; message: string; hint: string | undefined } {
  if (error instanceof LayercastError) return { code: error.code, ...typed(error) };
  if (error instanceof CommanderError) {
    if (error.code === 'commander.help') return { code: 'USAGE', message: 'no command given', hint: SEE_HELP };
    const [message, ...rest] = error.message.replace(/^error: /, '').split('\n');
    return { code: 'USAGE', message: message!, hint: [...rest, SEE_HELP].join('\n') };
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: 'INTERNAL', message: `this should not happen: ${message}`, hint: undefined };
}

const SEE_HELP = 'see layercast --help, or layercast COMMAND --help';
