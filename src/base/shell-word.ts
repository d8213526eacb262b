/** A path or another text as one word of a shell's command, in single quotes where it needs them. */
export function shellWord(text: string): string {
  const isPlain = /^[\w./@:%+=,][\w./@:%+=,~-]*$/.test(text);
  return isPlain ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
