import { failure, type Judgement, note, ok, warning } from '../finding.js';
import type { HostFacts } from '../host-facts.js';

/** Whether the wall clock is right enough for dates of expiry and for where servers are in their arcs. */
export function clock({ clock: { nowS, builtS, isSynchronized }, needs }: HostFacts): readonly Judgement[] {
  const now = new Date(nowS * 1000).toISOString();
  const remedy = 'timedatectl set-ntp true, or chronyc -a makestep';
  if (nowS < builtS) {
    const message = `the clock says ${now}, which is before this program was built`;
    // A receiver takes no time earlier than its build for the present; what a server signs carries the wrong date.
    return needs.sends
      ? [failure(message, 'What this server signs looks old or expired to receivers.', remedy)]
      : [warning(message, 'Whether a release has expired cannot be judged by this clock.', remedy)];
  }
  if (isSynchronized !== false) return [ok(`the clock says ${now}`)];
  const message = `the clock says ${now}, and nothing on this host keeps it synchronized`;
  return needs.sends
    ? [
        warning(
          message,
          'Servers find their place in an object by the wall clock. If clocks differ, they send the same symbols.',
          remedy,
        ),
      ]
    : [note(message, 'Whether a release has expired is judged by this clock.', remedy)];
}
