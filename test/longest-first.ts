import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What takes longest of its project, the longest first. Vitest knows that only where it has run before, and goes by the sizes of files elsewhere. */
const LONGEST = [
  'docs/examples',
  'docs/help-examples',
  'e2e/agent',
  'e2e/sleepy-device',
  'package/contents',
  'e2e/roles',
  'e2e/listeners',
  'e2e/mqtt',
  'e2e/containers',
  'lab/main',
  'e2e/interfaces',
  'e2e/serve',
  'e2e/iotupd',
  'e2e/coap',
  'e2e/domain',
  'docs/example-files',
  'e2e/encrypted',
  'e2e/seeds',
  'e2e/strangers',
  'lab/bottleneck',
  'e2e/trees',
  'e2e/agent-kills',
  'lab/lifetime',
  'lab/bed',
  'e2e/streams',
  'e2e/lost-interface',
  'e2e/fill',
  'e2e/commands',
  'e2e/manager',
  'e2e/demo',
  'e2e/transfer',
  'e2e/resume',
  'e2e/sizes',
  'e2e/rate-control',
  'e2e/coded',
  'e2e/membership',
  'e2e/rate',
  'engine/threads',
  'page/browser',
  'store/lock/file-lock',
  'work/start-worker',
  'transfer/coded',
  'store/crash',
  'publish/symbols/coded-source',
  'transfer/links-of-other-kinds',
  'simulate/rate-plans',
  'simulate/run/crowd',
  'transfer/forged-marks',
  'transfer/large',
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
