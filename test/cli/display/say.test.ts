import { describe, expect, it } from 'vitest';
import { stamped } from '../../../dist/cli/display/say.js';

describe('a line of a server', () => {
  const at = new Date(2026, 2, 4, 5, 6, 7);
  const environment = {};

  it('has the time of day on a terminal, and the date, too, in a file', () => {
    expect(stamped('maps version 2', at, { isTerminal: true, environment })).toBe('05:06:07 maps version 2');
    expect(stamped('maps version 2', at, { isTerminal: false, environment })).toBe(
      '2026-03-04 05:06:07 maps version 2',
    );
  });

  it('has no time in the journal of systemd, which writes its own, and where it explains the line before', () => {
    const journal = { JOURNAL_STREAM: '8:12345' };
    expect(stamped('maps version 2', at, { isTerminal: false, environment: journal })).toBe('maps version 2');
    expect(stamped('  channel 0', at, { isTerminal: false, environment })).toBe('  channel 0');
  });
});
