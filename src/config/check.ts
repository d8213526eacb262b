import type { z } from 'zod';
import type { Fault } from './faults.js';
import { nearestName } from './nearest-name.js';
import type { Path, YamlSource } from './yaml-source.js';

type Issue = z.core.$ZodIssue;

/** Checks a file with a schema: every fault once, with its line and column, and the value if there is no fault. */
export function check<T extends z.ZodType>(
  schema: T,
  source: YamlSource,
): { readonly faults: readonly Fault[]; readonly value: z.output<T> | undefined } {
  if (source.faults.length > 0) return { faults: source.faults, value: undefined };
  const result = schema.safeParse(source.data ?? undefined, { reportInput: true });
  if (result.success) return { faults: [], value: result.data };
  const faults = new Map<string, Fault>();
  for (const fault of withoutRenamed(result.error.issues).flatMap((issue) => faultsOf(issue, source))) {
    // Several rules of one value can find the same fault.
    const key = `${fault.path}\0${fault.text}`;
    if (!faults.has(key)) faults.set(key, fault);
  }
  return { faults: [...faults.values()], value: undefined };
}

/** Leaves out that a setting is missing where it is there under a name that nearly fits: one cause, one fault. */
function withoutRenamed(issues: readonly Issue[]): readonly Issue[] {
  const unknown = issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => ({ parent: issue.path.join('\0'), key })) : [],
  );
  return issues.filter((issue) => {
    const { parent, names } = missingOf(issue);
    return !unknown.some((other) => other.parent === parent && nearestName(other.key, names) !== undefined);
  });
}

/** The settings of which an issue says that they are missing, and the path of their mapping. */
function missingOf(issue: Issue): { readonly parent: string; readonly names: readonly string[] } {
  const { path, input } = issue;
  if (issue.code === 'invalid_type' && input === undefined)
    return { parent: path.slice(0, -1).join('\0'), names: path.slice(-1).map(String) };
  const alternatives: readonly string[] = issue.code === 'custom' ? (issue.params?.alternatives ?? []) : [];
  const given = input as Readonly<Record<string, unknown>>;
  return { parent: path.join('\0'), names: alternatives.some((name) => given[name] !== undefined) ? [] : alternatives };
}

function faultsOf(issue: Issue, source: YamlSource): Fault[] {
  const path = issue.path as Path;
  if (issue.code === 'unrecognized_keys') {
    const lines = issue.message.split('\n');
    return issue.keys.map((key, i) =>
      source.faultAt([...path, key], `unknown setting, found ${JSON.stringify(key)}, ${lines[i]}`, 'key'),
    );
  }
  if (issue.code === 'invalid_key') {
    return [source.faultAt(path, issue.issues[0]?.message ?? issue.message, 'key')];
  }
  return [source.faultAt(path, issue.message)];
}
