// npm run bench -- NAME [--json] [arguments of that benchmark]
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { errnoOf, LayercastError } from '../dist/base/errors.js';
import { goOnWithoutOutput } from '../dist/cli/lost-output.js';
import { helpOf, isBenchmark } from './help.js';

/** What a file directly in bench/ exports. `run` prints a table, and resolves to the same figures for programs. */
interface Benchmark {
  readonly run: (args: readonly string[]) => Promise<Record<string, unknown>>;
}

const sources = new Map(
  readdirSync(fileURLToPath(new URL('.', import.meta.url)))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => [file.slice(0, -'.ts'.length), readFileSync(new URL(file, import.meta.url), 'utf8')] as const)
    .filter(([, source]) => isBenchmark(source))
    .sort(),
);

goOnWithoutOutput();
const given = process.argv.slice(2);
const json = given.includes('--json');
const asksForHelp = given.includes('--help') || given.includes('-h');
const [name, ...args] = given.filter((argument) => !['--json', '--help', '-h'].includes(argument));

if (name === undefined) {
  const names = [...sources.keys()].map((known) => `  ${known}`);
  console.log(`npm run bench -- NAME [--json] [arguments]\nnpm run bench -- NAME --help\n\n${names.join('\n')}`);
} else if (!sources.has(name)) {
  console.error(`no benchmark is called "${name}"; one of: ${[...sources.keys()].join(', ')}`);
  process.exitCode = 2;
} else if (asksForHelp) {
  console.log(`npm run bench -- ${name} [--json] [arguments]\n\n${helpOf(sources.get(name)!)}`);
} else {
  await measure(name);
}

async function measure(known: string): Promise<void> {
  try {
    const { run } = (await import(`./${known}.ts`)) as Benchmark;
    const figures = await run(args);
    if (json) console.log(JSON.stringify({ benchmark: known, ...figures }));
  } catch (error) {
    const code = errnoOf(error) ?? '';
    if (!(error instanceof Error) || !(error instanceof LayercastError || code.startsWith('ERR_PARSE_ARGS')))
      throw error;
    const hint = error instanceof LayercastError ? error.hint : `npm run bench -- ${known} --help`;
    console.error([`${known}: ${error.message}`, hint].filter(Boolean).join('; '));
    process.exitCode = code === 'USAGE' || code.startsWith('ERR_PARSE_ARGS') ? 2 : 1;
  }
}
