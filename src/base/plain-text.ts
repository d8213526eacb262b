/** What people read of a stranger's text. Longer texts fill a terminal and a journal, and say no more. */
const MOST_CHARS = 300;

/** Text of a stranger as people may see it: characters that control a terminal, or turn the direction of writing, become `�`, and long text is cut. */
export function plainText(text: string): string {
  const plain = text.replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, '\ufffd');
  return plain.length <= MOST_CHARS ? plain : `${plain.slice(0, MOST_CHARS)}…`;
}
