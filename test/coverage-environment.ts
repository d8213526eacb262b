import { stopCoverage, takeCoverage } from 'node:v8';
import { builtinEnvironments, type Environment } from 'vitest/runtime';

/**
 * Node, with the counters of coverage, which each process writes once, at its end: Vitest ends its workers without V8's exit hook. A worker of many
 * files has a megabyte to write each time, and c8 has to read it.
 */
const environment: Environment = {
  name: 'counted',
  viteEnvironment: 'ssr',
  async setup(global, options) {
    // The counters make simulations take 1.6 times the processor time, and other tests run the same lines.
    if (options.isCounted === false) stopCoverage();
    const node = await builtinEnvironments.node.setup(global, options);
    return {
      async teardown() {
        await node.teardown(global);
        takeCoverage();
      },
    };
  },
};
export default environment;
