import { choice, count, event, message, name, optional } from './fields.js';
import { errorFields } from './shared-fields.js';

/** The events of `doctor --json`, by name. */
export const doctorEvents = {
  finding: event('What one check says of this host.', {
    check: name('Name of the check.'),
    severity: choice(
      ['ok', 'note', 'warning', 'failure'],
      '`failure` keeps a transfer from working; `warning` makes it worse, or will; `note` costs only effort of this host.',
    ),
    message: message('What was found, as a sentence for people.'),
    why: optional(message('Why it matters.')),
    remedy: optional(message('What mends it.')),
  }),
  diagnosis: event('How many findings there are; the last line.', {
    failures: count('Findings that keep a transfer from working. With any, the exit code is 1.'),
    warnings: count('Findings that make it worse, or will.'),
  }),
  error: event('The host could not be examined; the last line.', errorFields),
};
