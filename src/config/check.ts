import type { z } from 'zod';
import type { Fault } from './faults.js';
import type { Path, YamlSource } from './yaml-source.js';

type Issue = z.core.$ZodIssue;

/** Checks a file with a schema: every fault once, with its line and column, and the value if there is no fault. */
export function check<T extends z.ZodType>(
  schema: T,
  source: YamlSource,
): { readonly faults: readonly Fault[]; readonly value: z.output<T> | undefined } {
  if (source.faults.length > 0) return { faults: source.faults, value: undefined };
  const result = schema.safeParse(source.data ?? undefined);
  if (result.success) return { faults: [], value: result.data };
  const faults = new Map<string, Fault>();
  for (const fault of result.error.issues.flatMap((issue) => faultsOf(issue, source))) {
    // Several rules of one value can find the same fault.
    const key = `${fault.path}\0${fault.text}`;
    if (!faults.has(key)) faults.set(key, fault);
  }
  return { faults: [...faults.values()], value: undefined };
}

function faultsOf(issue: Issue, source: YamlSource): Fault[] {
  const path = issue.path as Path;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) =>
      source.faultAt([...path, key], `unknown setting, found ${JSON.stringify(key)}, ${issue.message}`, 'key'),
    );
  }
  if (issue.code === 'invalid_key') {
    return [source.faultAt(path, issue.issues[0]?.message ?? issue.message, 'key')];
  }
  return [source.faultAt(path, issue.message)];
}
