import { describe } from 'vitest';
import { refusal } from './machine.js';

/**
 * `describe` for tests that need a bed. Where the machine does not allow one they are skipped, and the title says why; with
 * `CI=true` nothing is skipped: then they run, and fail with the reason.
 *
 * @param options.userNamespace the tests lay beds as an ordinary user has to
 */
export function describeBed(
  title: string,
  tests: () => void,
  options: { readonly userNamespace?: boolean } = {},
): void {
  const reason = refusal(options.userNamespace);
  if (reason === undefined || process.env.CI === 'true') describe(title, tests);
  else describe.skip(`${title} (skipped: ${reason.message}; ${reason.hint})`, tests);
}
