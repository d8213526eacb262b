/** From `ok`, nothing is wrong, to `failure`, which keeps a transfer from working. */
const SEVERITIES = ['ok', 'note', 'warning', 'failure'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** What one check says of this host. */
export interface Finding {
  /** Name of the check. */
  readonly check: string;
  readonly severity: Severity;
  /** What was found, as a sentence without a full stop. */
  readonly message: string;
  /** Why it matters; undefined where nothing has to be done. */
  readonly why?: string | undefined;
  /** What mends it: a command, or words where no command does. */
  readonly remedy?: string | undefined;
}

/** What a check returns: findings without its name. */
export type Judgement = Omit<Finding, 'check'>;

export function ok(message: string): Judgement {
  return { severity: 'ok', message };
}

export function note(message: string, why?: string, remedy?: string): Judgement {
  return { severity: 'note', message, why, remedy };
}

export function warning(message: string, why: string, remedy: string): Judgement {
  return { severity: 'warning', message, why, remedy };
}

export function failure(message: string, why: string, remedy: string): Judgement {
  return { severity: 'failure', message, why, remedy };
}
