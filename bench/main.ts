// npm run bench -- NAME [--json] [arguments of that benchmark]
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { errnoOf, LayercastError } from '../dist/base/errors.js';

/** What a file directly in bench/ exports. `run` prints a table, and resolves to the same figures for programs. */
interface Benchmark {
  readonly run: (args: readonly string[]) => Promise<Record<string, unknown>>;
}

const parts = new Set(['main', 'table']);
const names = readdirSync(fileURLToPath(new URL('.', import.meta.url)))
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -'.ts'.length))
  .filter((name) => !parts.has(name))
  .sort();

const json = process.argv.includes('--json');
const [name, ...args] = process.argv.slice(2).filter((argument) => argument !== '--json');

if (name === undefined || name === '--help') {
  console.log(`npm run bench -- NAME [--json]\n\n${names.map((known) => `  ${known}`).join('\n')}`);
} else if (!names.includes(name)) {
  console.error(`no benchmark is called "${name}"; one of: ${names.join(', ')}`);
  process.exitCode = 2;
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
    const hint = error instanceof LayercastError ? error.hint : undefined;
    console.error([`${known}: ${error.message}`, hint].filter(Boolean).join('; '));
    process.exitCode = code === 'USAGE' || code.startsWith('ERR_PARSE_ARGS') ? 2 : 1;
  }
}
