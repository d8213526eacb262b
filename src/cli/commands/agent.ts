import type { Command } from 'commander';
import { AGENT_OPTIONS } from '../../options/agent-options.js';
import { addFlags, addQuiet, addVerbose } from '../add-flags.js';
import { AGENT_FILE } from '../command-options.js';
import { namedFile } from '../named-file.js';
import { outliveHangup } from '../outlive-hangup.js';
import type { Flags } from '../settings.js';
import { WATCHING_OPTIONS } from '../watching.js';

export function agent(program: Command): void {
  const command = program
    .command('agent')
    .summary('keep objects at their newest versions')
    .description(
      'Stays and keeps the objects of an agent file at their newest versions: listens, also only at certain times, receives ' +
        'each new version, and runs the program that takes it over. A journal in the state directory remembers how far ' +
        'each object has come, over power cuts. SIGHUP reads the agent file again. With --once it ends when all that is announced is there and taken over.',
    )
    .argument('[agent.yaml]', 'agent file');
  addFlags(command, { ...AGENT_FILE, ...AGENT_OPTIONS, ...WATCHING_OPTIONS }).option(
    '--json',
    'print one JSON object per line on stdout',
  );
  addVerbose(addQuiet(command), 'each wake, program, join and leave, with its reason')
    .addHelpText('after', '\nExample:\n  layercast agent agent.yaml --once')
    .action(async (path: string | undefined, flags: Flags) => {
      outliveHangup();
      const { runAgent } = await import('../actions/run-agent.js');
      await runAgent({ ...flags, config: namedFile(path, flags.config as string | undefined) });
    });
}
