import { afterAll, afterEach, beforeAll } from 'vitest';
import { describeBed } from '../lab/allowed.js';
import { World } from './world.js';

/**
 * Describes tests that share a world. The servers that a test leaves there are stopped after it.
 *
 * @param tests describes them; its argument returns the world while a test runs
 */
export function describeInWorld(title: string, tests: (world: () => World) => void): void {
  describeBed(title, () => {
    let world: World | undefined;
    beforeAll(async () => {
      world = await World.make();
    });
    afterEach(() => world?.stopServers());
    afterAll(() => world?.[Symbol.asyncDispose]());
    tests(() => world!);
  });
}
