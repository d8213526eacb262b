import type { Command } from 'commander';
import type { RootFlags } from '../actions/run-root.js';
import { ROLE_WORDS, withWords } from '../words.js';

export function root(program: Command): void {
  const group = program
    .command('root')
    .summary('say which keys may sign, and how many have to')
    .description(
      'Makes and changes the root of a fleet: which keys may release objects and which announce what is newest, how many of them ' +
        'have to sign, and until when. Each change makes the next version, which enough keys of the version before and of its own ' +
        'have to sign. A fleet with one key needs no root.',
    )
    .addHelpText('after', EXAMPLES);
  group
    .command('show')
    .summary('show the newest version')
    .requiredOption('--root <file>', 'root file')
    .option('--json', 'print one JSON object')
    .action(async (flags: RootFlags) => (await import('../actions/run-root.js')).showRoot(flags));
  changing(group, 'add', 'give a key a role, begin a root, or change a threshold')
    .argument('[key.pub]', 'public key; without it, only --threshold changes')
    .addOption(
      withWords(program.createOption('--role <roles>', 'release, announce or root; several with commas'), ROLE_WORDS),
    )
    .option('--threshold <n>', 'how many keys of these roles have to sign')
    .option('--fleet <name>', 'name of the fleet, for a new root')
    .action(async (key: string | undefined, flags: RootFlags) => {
      await (await import('../actions/run-root.js')).addToRoot(key, flags);
    });
  changing(group, 'remove', 'take roles from a key')
    .argument('<key>', 'public key, or its id as "root show" prints it')
    .addOption(
      withWords(
        program.createOption('--role <roles>', 'release, announce or root; several with commas; by default all'),
        ROLE_WORDS,
      ),
    )
    .option('--threshold <n>', 'how many keys of these roles have to sign from now on')
    .action(async (key: string, flags: RootFlags) => {
      await (await import('../actions/run-root.js')).removeFromRoot(key, flags);
    });
  changing(group, 'rotate', 'replace a key by another in all its roles, or renew the dates')
    .argument('[old]', 'public key, or its id; without keys, only the dates change')
    .argument('[new.pub]', 'the public key that takes its place')
    .action(async (oldKey: string | undefined, newKey: string | undefined, flags: RootFlags) => {
      await (await import('../actions/run-root.js')).rotateRoot(oldKey, newKey, flags);
    });
  group
    .command('sign')
    .summary('add signatures to the newest version')
    .requiredOption('--root <file>', 'root file')
    .requiredOption('--key <key.pem...>', 'private keys')
    .option('--json', 'print one JSON object')
    .action(async (flags: RootFlags) => (await import('../actions/run-root.js')).signRoot(flags));
}

function changing(group: Command, name: string, summary: string): Command {
  return group
    .command(name)
    .summary(summary)
    .description(`Makes the next version of a root, or changes the draft of it: ${summary}.`)
    .requiredOption('--root <file>', 'root file')
    .option('--key <key.pem...>', 'private keys that sign the version at once')
    .option('--expires <time>', 'how long the version is valid; by default 400d')
    .option('--json', 'print one JSON object');
}

const EXAMPLES = `
Examples:
  layercast keygen --out ann
  layercast root add ann/layercast.pub --root our.root --fleet acme
  layercast root sign --root our.root --key ann/layercast.key
  layercast keygen --out online
  layercast root add online/layercast.pub --root our.root --role announce
  layercast root show --root our.root`;
