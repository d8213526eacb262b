import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { type ErrorCode, LayercastError } from '../../dist/base/errors.js';
import {
  AGENT_FILE,
  CACHE_OPTIONS,
  CLEAN_OPTIONS,
  DOCTOR_FILE,
  DOCTOR_OPTIONS,
  GATEWAY_FILE,
  IOTUPD_OPTIONS,
  LIST_OPTIONS,
  MANAGER_FILE,
  PLOT_OPTIONS,
  RECEIVER_FILE,
  SIMULATE_OPTIONS,
} from '../../dist/cli/command-options.js';
import { exitCodeOf } from '../../dist/cli/exit-codes.js';
import { WATCHING_OPTIONS } from '../../dist/cli/watching.js';
import { AGENT_OPTIONS } from '../../dist/options/agent-options.js';
import { GATEWAY_OPTIONS } from '../../dist/options/gateway-options.js';
import { MANAGER_OPTIONS } from '../../dist/options/manager-options.js';
import { longFlagOf, type Option, type OptionTable, variableOf } from '../../dist/options/option.js';
import { RECEIVER_OPTIONS } from '../../dist/options/receiver-options.js';
import { SENDER_OPTIONS } from '../../dist/options/sender-options.js';

const path = fileURLToPath(new URL('../../docs/command-line.md', import.meta.url));

const FLEET_FILE = { config: SENDER_OPTIONS.config };

/** The options of each command that take values from the environment. */
const TABLES: Readonly<Record<string, OptionTable>> = {
  serve: { ...SENDER_OPTIONS, ...WATCHING_OPTIONS },
  fetch: { ...RECEIVER_OPTIONS, ...RECEIVER_FILE, ...IOTUPD_OPTIONS, ...WATCHING_OPTIONS },
  agent: { ...AGENT_OPTIONS, ...AGENT_FILE, ...WATCHING_OPTIONS },
  gateway: { ...GATEWAY_OPTIONS, ...GATEWAY_FILE, ...WATCHING_OPTIONS },
  manager: { ...MANAGER_OPTIONS, ...MANAGER_FILE },
  list: { ...LIST_OPTIONS, ...RECEIVER_FILE },
  plan: FLEET_FILE,
  publish: FLEET_FILE,
  release: FLEET_FILE,
  mirror: FLEET_FILE,
  sign: FLEET_FILE,
  'config validate': FLEET_FILE,
  doctor: { ...DOCTOR_FILE, ...DOCTOR_OPTIONS },
  simulate: SIMULATE_OPTIONS,
  plot: PLOT_OPTIONS,
  'cache show': CACHE_OPTIONS,
  'cache clean': CLEAN_OPTIONS,
};

const MEANINGS: Readonly<Record<number, string>> = {
  0: 'done',
  1: 'a fault of this host or its network',
  2: 'a fault in what was typed, or in a file that was given: the same command fails again',
  3: 'not finished in time; progress is kept',
  4: 'what arrived is not what was signed, or is refused',
  5: 'nobody is sending',
};

it('docs/command-line.md has every variable and every exit code', async () => {
  const page = readFileSync(path, 'utf8');
  const made = page
    .replace(/<!-- variables -->\n[\s\S]*?<!-- end -->/, `<!-- variables -->\n\n${variables()}\n\n<!-- end -->`)
    .replace(/<!-- codes -->\n[\s\S]*?<!-- end -->/, `<!-- codes -->\n\n${codes()}\n\n<!-- end -->`);
  await expect(made).toMatchFileSnapshot(path);
});

function variables(): string {
  const rows = new Map<string, { readonly flag: string; readonly commands: string[] }>();
  for (const [command, table] of Object.entries(TABLES)) {
    for (const option of Object.values(table) as readonly Option[]) {
      const variable = variableOf(option);
      if (variable === undefined) continue;
      const row = rows.get(variable) ?? { flag: longFlagOf(option.flag!), commands: [] };
      row.commands.push(command);
      rows.set(variable, row);
    }
  }
  const sorted = [...rows].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const lines = sorted.map(([name, { flag, commands }]) => `| \`${name}\` | \`${flag}\` | ${commands.join(', ')} |`);
  return ['| variable | flag | commands |', '|---|---|---|', ...lines].join('\n');
}

function codes(): string {
  const source = readFileSync(new URL('../../src/base/errors.ts', import.meta.url), 'utf8');
  const names = source.match(/export type ErrorCode =[^;]*/)![0].match(/[A-Z_]{4,}/g) as ErrorCode[];
  const lines = Object.entries(MEANINGS).map(([code, meaning]) => {
    const own = names.filter((name) => exitCodeOf(new LayercastError(name, '')) === Number(code));
    return `| ${code} | ${meaning} | ${own.map((name) => `\`${name}\``).join(', ')} |`;
  });
  return ['| code | meaning | errors |', '|---|---|---|', ...lines].join('\n');
}
