/** A command that needs neither a network nor a shell. */
const PLAIN = /^layercast (?:completion|config|keygen|plan|plot|root|sign|simulate|verify)(?: [\w./:=-]+)*$/;

/**
 * The words of each command of a script that has plain commands alone; undefined for other scripts. These run as well in the process of the tests,
 * where each takes a tenth of the time of a process of its own.
 */
export function plainCommands(script: string): readonly (readonly string[])[] | undefined {
  const lines = script.split('\n').map((line) => line.replace(/(?:^| +)#.*$/, '').replaceAll(/ +/g, ' '));
  const commands = lines.filter((line) => line !== '');
  return commands.every((line) => PLAIN.test(line)) ? commands.map((line) => line.split(' ').slice(1)) : undefined;
}
