/** A time in seconds since 1970 as ISO 8601 has it; far times that JavaScript cannot write, which anybody may announce, stay numbers. */
export function dateText(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? `${seconds} s after 1970` : date.toISOString();
}
