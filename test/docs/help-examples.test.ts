import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runHere } from '../cli/run-cli.js';
import { helpExamples } from './blocks.js';
import { provideFiles, simulationsOfDocuments } from './documents.js';
import { describeInWorld } from './in-world.js';

const COMMANDS = [
  'keygen',
  'serve',
  'publish',
  'release',
  'mirror',
  'fetch',
  'agent',
  'gateway',
  'manager',
  'list',
  'doctor',
  'plan',
  'simulate',
  'plot',
  'config',
  'sign',
  'root',
  'verify',
  'cache',
  'completion',
  'demo',
];

/** Neither a broker nor an origin runs beside the documents. */
const NEEDS_SERVER = /layercast (release|mirror)/;

/** Commands that have been run: several texts show the same. */
const tried = simulationsOfDocuments();

describeInWorld('the examples', (world) => {
  it.each(['', ...COMMANDS, 'config validate', 'config schema', 'cache show', 'cache clean'])(
    'of "layercast %s --help" work',
    async (command) => {
      const { stdout } = await runHere([...command.split(' ').filter(Boolean), '--help']);
      const examples = helpExamples(stdout);
      if (!['config', 'cache', 'demo'].includes(command)) expect(examples.length).toBeGreaterThan(0);
      // Keys and roots that other examples have made with the same names.
      for (const name of readdirSync(world().folder).filter((file) => /^(ann|bob|online)$|[.]root/.test(file)))
        rmSync(join(world().folder, name), { recursive: true, force: true });
      for (const example of examples.filter((line) => !tried.has(line) && !NEEDS_SERVER.test(line))) {
        tried.add(example);
        provideFiles(example, world());
        if (/plot/.test(example) && !/fetch/.test(example))
          expect(existsSync(join(world().folder, 'maps.log'))).toBe(true);
        rmSync(join(world().folder, 'keys'), { recursive: true, force: true });
        const { code, output } = await world().run(example);
        await world().stopServers();
        expect([example, code, code === 0 ? '' : output]).toEqual([example, 0, '']);
      }
    },
  );

  it('that the demo shows at its end work, from where it was started', async () => {
    const { code, output } = await world().run('layercast demo');
    expect([code, output]).toEqual([0, expect.stringContaining('The file received is the file sent.')]);
    const steps = output.slice(output.indexOf('A fleet of your own')).split('\n');
    // Prose starts with a capital letter. The world's `layercast` runs the server in the background, as in a terminal of its own.
    const script = steps.filter((line) => !/^[A-Z](?!ND$)/.test(line)).join('\n');
    expect(script).toMatch(/keygen.*plan.*serve.*list.*fetch/s);
    const typed = script.replace(/^node \S+main\.js (?=serve)/m, 'layercast ').replace('-c 5000000', '-c 500000');
    const result = await world().run(`${typed}\ncmp received.img acme/firmware.img`);
    expect([result.code, result.code === 0 ? '' : result.output]).toEqual([0, '']);
  }, 90_000);
});
