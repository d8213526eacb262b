import { describe } from 'vitest';
import { refusal } from './machine.js';

/**
 * `describe` for tests that need a bed. On a machine that allows no bed these tests are skipped, and the title says why. With
 * `CI=true` they run all the same, and fail with the reason.
 *
 * @param options.userNamespace the tests lay beds in the way that an ordinary user has to
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
