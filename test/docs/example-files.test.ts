import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runHere } from '../cli/run-cli.js';
import { provideFiles, simulationsOfDocuments, top } from './documents.js';
import { describeInWorld } from './in-world.js';

/** Scenario files of the grid of docs/experiment.md. */
const GRID = /^examples\/experiment\/.*-(immediate|random|random-twice)\.yaml$/;
const PLAYED_CELLS = ['lan-equal-immediate', 'two-a-lan-unequal-random-twice'].map(
  (cell) => `examples/experiment/${cell}.yaml`,
);

/** Commands that have been run: several files show the same. */
const tried = simulationsOfDocuments();

describeInWorld('the examples', (world) => {
  it.each([
    'config/fleet.yaml',
    'config/receiver.yaml',
    'config/agent.yaml',
    'config/gateway.yaml',
    'config/manager.yaml',
    ...readdirSync(join(top, 'examples'), { encoding: 'utf8', recursive: true })
      .filter((name) => name.endsWith('.yaml'))
      .map((name) => `examples/${name}`)
      // The cells of a grid differ in what the grid varies, so two of them stand for all. Their text comes from the bench, as test/bench tests.
      .filter((file) => !GRID.test(file) || PLAYED_CELLS.includes(file)),
  ])('in %s are valid', async (file) => {
    const { code, stdout } = await runHere(['config', 'validate', file], { cwd: top });
    expect([code, stdout]).toEqual([0, expect.stringContaining(`${file}: ok: `)]);
    const commands = readFileSync(join(top, file), 'utf8').match(/(?<=^# {3})layercast .*$/gm) ?? [];
    // Text after two spaces is a remark.
    for (const command of commands.map((line) => line.replace(/ {2,}\S.*$/, ''))) {
      if (tried.has(command) || /serve/.test(command)) continue;
      tried.add(command);
      provideFiles(command, world());
      const { code, output } = await world().run(command);
      expect([command, code, code === 0 ? '' : output]).toEqual([command, 0, '']);
    }
  });
});
