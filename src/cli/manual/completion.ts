import { LayercastError } from '../../base/errors.js';
import type { CommandEntry, FlagEntry } from './command-tree.js';

/**
 * The completion script of a shell: commands, flags, and the words of those that are a choice of words. Where none fits, and after a flag that takes
 * another value, the shell completes files.
 *
 * @throws {LayercastError} `USAGE` for another shell
 */
export function completionFor(shell: string, tree: CommandEntry): string {
  const commands = flattened(withHelp(tree));
  if (shell === 'bash') return bash(commands);
  if (shell === 'zsh') return zsh(commands);
  if (shell === 'fish') return fish(commands);
  throw new LayercastError('USAGE', `no completion for the shell "${shell}"`, { hint: 'bash, zsh or fish' });
}

/** `layercast help COMMAND` is not in the tree: it is commander's. */
function withHelp(tree: CommandEntry): CommandEntry {
  const words = tree.commands.map(({ path }) => path.at(-1)!);
  const argument = { name: 'command', help: 'command to explain', words };
  const help = { path: [...tree.path, 'help'], summary: 'print help for a command', arguments: [argument] };
  const none = { description: '', usage: '', flags: [], commands: [], after: '' };
  return { ...tree, commands: [...tree.commands, { ...none, ...help }] };
}

function flattened(entry: CommandEntry): readonly CommandEntry[] {
  return [entry, ...entry.commands.flatMap(flattened)];
}

/** `/config/validate`: the words after the program's name. */
function keyOf({ path }: CommandEntry): string {
  return path
    .slice(1)
    .map((word) => `/${word}`)
    .join('');
}

/** Patterns of a shell's `case` for commands below the program. */
function patternsOf(commands: readonly CommandEntry[]): string {
  return commands.slice(1).map(keyOf).join(' | ');
}

function bash(commands: readonly CommandEntry[]): string {
  const cases = commands.map((entry) => {
    const flags = entry.flags.flatMap(namesOf);
    // A command that takes no argument has nothing but flags; elsewhere they are asked for by their dash.
    const below = entry.commands.map(({ path }) => path.at(-1));
    const words = entry.arguments.length > 0 ? argumentWords(entry) : [...below, ...flags];
    return `    '${keyOf(entry)}') words='${words.join(' ')}' flags='${flags.join(' ')}' values='${valuedOf(entry)}' ;;`;
  });
  const choices = choicesOf(commands).map(({ place, words }) => `    ${place}) words='${words.join(' ')}' ;;`);
  return `# bash completion of layercast; load it with: source <(layercast completion bash)
_layercast() {
  local cur=\${COMP_WORDS[COMP_CWORD]} path= words= flags= values= word i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    case "$path/$word" in ${patternsOf(commands)}) path="$path/$word" ;; esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  case "$cur" in -*) words=$flags ;; esac
  case " $values " in *" \${COMP_WORDS[COMP_CWORD - 1]} "*) words= ;; esac
  case "$path \${COMP_WORDS[COMP_CWORD - 1]}" in
${choices.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _layercast layercast
`;
}

function zsh(commands: readonly CommandEntry[]): string {
  const cases = commands.map((entry) => {
    const below = entry.commands.map(({ path, summary }) => described(path.at(-1)!, summary));
    const flags = entry.flags.flatMap((flag) => namesOf(flag).map((name) => described(name, flag.help)));
    const words = argumentWords(entry).map(quoted);
    return `    '${keyOf(entry)}') entries=(${[...words, ...below, ...flags].join(' ')}) values='${valuedOf(entry)}' ;;`;
  });
  const choices = choicesOf(commands).map(
    ({ place, words }) => `    ${place}) compadd -- ${words.join(' ')}; return ;;`,
  );
  return `#compdef layercast
# zsh completion of layercast; put it in a folder of $fpath as _layercast
_layercast() {
  local place= values= word
  local -a entries
  for word in \${words[2,CURRENT-1]}; do
    case "$place/$word" in ${patternsOf(commands)}) place="$place/$word" ;; esac
  done
  case "$place" in
${cases.join('\n')}
  esac
  case "$place \${words[CURRENT-1]}" in
${choices.join('\n')}
  esac
  case " $values " in *" \${words[CURRENT-1]} "*) ;; *) _describe -o layercast entries ;; esac
  _files
}
compdef _layercast layercast
`;
}

function fish(commands: readonly CommandEntry[]): string {
  const lines = commands.flatMap((entry) => {
    const words = entry.path.slice(1);
    const below = entry.commands.map(({ path }) => path.at(-1)!);
    const seen = words.map((word) => `__fish_seen_subcommand_from ${word}`);
    const unseen = below.length > 0 ? [`not __fish_seen_subcommand_from ${below.join(' ')}`] : [];
    const when = [...seen, ...unseen].join('; and ');
    const condition = when === '' ? '' : ` -n '${when}'`;
    return [
      ...entry.commands.map(
        ({ path, summary }) => `complete -c layercast${condition} -f -a ${path.at(-1)} -d ${quoted(summary)}`,
      ),
      ...wordsOfFish(argumentWords(entry)).map((words) => `complete -c layercast${condition} -f${words}`),
      ...entry.flags.map((flag) => `complete -c layercast${condition}${fishFlag(flag)} -d ${quoted(flag.help)}`),
    ];
  });
  return `# fish completion of layercast; put it in ~/.config/fish/completions/layercast.fish\n${lines.join('\n')}\n`;
}

function fishFlag({ long, short, takesValue, words }: FlagEntry): string {
  const names = [short === undefined ? '' : ` -s ${short.slice(1)}`, long === undefined ? '' : ` -l ${long.slice(2)}`];
  return `${names.join('')}${takesValue ? ' -r' : ''}${words.length > 0 ? ' -f' : ''}${wordsOfFish(words).join('')}`;
}

/** The option of `complete` that offers words; none if there are no words. */
function wordsOfFish(words: readonly string[]): readonly string[] {
  return words.length === 0 ? [] : [` -a '${words.join(' ')}'`];
}

/** What the argument of a command may be; empty if that is not a choice of words. */
function argumentWords(entry: CommandEntry): readonly string[] {
  return entry.arguments.flatMap(({ words }) => words);
}

/** The flags whose values are a choice of words, as patterns of a shell's `case` for the command and the flag. */
function choicesOf(commands: readonly CommandEntry[]) {
  return commands.flatMap((entry) =>
    entry.flags
      .filter(({ words }) => words.length > 0)
      .map((flag) => ({
        place: namesOf(flag)
          .map((name) => `'${keyOf(entry)} ${name}'`)
          .join(' | '),
        words: flag.words,
      })),
  );
}

/** The flags after which a value stands, such as a file: `--key --output -o`. */
function valuedOf({ flags }: CommandEntry): string {
  return flags
    .filter(({ takesValue }) => takesValue)
    .flatMap(namesOf)
    .join(' ');
}

function namesOf({ long, short }: FlagEntry): readonly string[] {
  return [long, short].filter((name) => name !== undefined);
}

/** A word and what it means, as zsh's _describe takes them: a colon separates them. */
function described(word: string, meaning: string): string {
  return quoted(`${word}:${meaning.replaceAll(':', '\\:')}`);
}

/** A text in single quotes, for all three shells. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", '’').replace(/\s+/g, ' ')}'`;
}
