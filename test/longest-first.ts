import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What takes longest of its project, the longest first. Vitest knows that only where it has run before, and goes by the sizes of files elsewhere. */
const LONGEST = [
  'docs/examples',
  'docs/help-examples',
  'docs/example-files',
  'e2e/sleepy-device',
  'e2e/agent',
  'e2e/roles',
  'e2e/encrypted',
  'package/contents',
  'e2e/listeners',
  'e2e/mqtt',
  'e2e/serve',
  'e2e/containers',
  'lab/bed',
  'e2e/sizes',
  'e2e/transfer',
  'e2e/resume',
].map((name) => `/test/${name}.test.ts`);

/** Starts the longest files of a project first, so that at its end no worker has a long one left while the others have none. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const projects = [...new Set(sorted.map(({ project }) => project))];
    return sorted.toSorted(
      (a, b) => projects.indexOf(a.project) - projects.indexOf(b.project) || rankOf(a) - rankOf(b),
    );
  }
}

function rankOf({ moduleId }: TestSpecification): number {
  const rank = LONGEST.findIndex((name) => moduleId.endsWith(name));
  return rank < 0 ? LONGEST.length : rank;
}
