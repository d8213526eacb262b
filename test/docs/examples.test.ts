import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { runHere } from '../cli/run-cli.js';
import { describeBed } from '../lab/allowed.js';
import { blocksOf, type CodeBlock, helpExamples } from './blocks.js';
import { World } from './world.js';

const top = fileURLToPath(new URL('../../', import.meta.url));
const files = [
  'README.md',
  ...readdirSync(join(top, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const blocks = files.flatMap((file) => blocksOf(join(top, file), file));
/** Scenario files of the grid of docs/experiment.md. */
const GRID = /^examples\/experiment\/.*-(immediate|random|random-twice)\.yaml$/;
const PLAYED_CELLS = ['lan-equal-immediate', 'two-a-lan-unequal-random-twice'].map(
  (cell) => `examples/experiment/${cell}.yaml`,
);

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

/** A line that starts with one of these words is a command, and has to be in a block that is run. */
const COMMAND = /^(?:layercast|npm|npx|node \S+\.m?js|esbuild|sysctl|ip|nft|systemctl)\s/m;

/** Runs a server's program until it prints that it sends, then ends it. */
const UNTIL_IT_SENDS = `node program.js >program.log 2>&1 & server=$!
for i in $(seq 200); do if grep -q sending program.log; then break; fi; sleep 0.1; done
kill $server; code=0; wait $server || code=$?; cat program.log; exit $code`;

/** Commands of help texts and files, and simulations of documents, that have been run: several texts show the same command. */
const tried = new Set<string>();

/** How a block of each language is run. */
const TRIALS: Readonly<Record<string, (block: CodeBlock, world: World) => Promise<void>>> = {
  async sh({ code }, world) {
    provideFiles(code.includes('program.js') ? 'fetch' : code, world);
    if (code.includes('program.js')) world.write('program.js', readmeBlock('js'));
    // A simulation needs nothing that another line makes. Text after a number sign is a remark.
    for (const [line] of code.matchAll(/^layercast simulate .*?(?= *(#.*)?$)/gm)) tried.add(line);
    const { code: exit, output } = await world.run(code);
    expect(output.includes('error') ? output : '').toBe('');
    expect([exit, exit === 0 ? '' : output]).toEqual([0, '']);
  },
  async js({ code }, world) {
    world.write('program.js', code);
    const isServer = code.includes('SIGTERM');
    if (isServer) provideFiles('serve', world);
    else rmSync(join(world.folder, 'firmware.img'), { force: true });
    const { code: exit, output } = await world.run(isServer ? UNTIL_IT_SENDS : 'node program.js');
    expect([exit, output]).toEqual([
      0,
      expect.stringMatching(isServer ? /sending firmware version 1/ : /SHA-256 [0-9a-f]{64}/),
    ]);
  },
  async yaml({ code }, world) {
    world.write('block.yaml', code);
    const { code: exit, stdout } = await runHere(['config', 'validate', 'block.yaml'], { cwd: world.folder });
    expect([exit, stdout]).toEqual([0, expect.stringContaining('block.yaml: ok: ')]);
  },
  async ini({ code }, world) {
    expect(code).toContain('Restart=on-failure\nRestartSec=');
    for (const setting of [
      'After=network-online.target',
      'Wants=network-online.target',
      'StartLimitIntervalSec=0',
      'DynamicUser=yes',
      'LoadCredential=layercast.key:/etc/layercast/layercast.key',
      'WantedBy=multi-user.target',
    ])
      expect(code.split('\n')).toContain(setting);
    const unit = world.write('layercast.service', code.replace('/usr/bin/layercast', process.execPath));
    if (!existsSync('/usr/bin/systemd-analyze')) return;
    const said = execFileSync('systemd-analyze', ['verify', unit], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    expect(said).not.toContain('layercast.service');
  },
};

function readmeBlock(language: string): string {
  return blocks.find((block) => block.file === 'README.md' && block.language === language)?.code ?? '';
}

/** Writes the fleet file of the README, and the object's file for a server. A receiver makes that file, so it must be missing. */
function provideFiles(code: string, world: World): void {
  const [fleet, image] = [join(world.folder, 'fleet.yaml'), join(world.folder, 'firmware.img')];
  writeFileSync(fleet, readmeBlock('yaml'));
  if (/fetch/.test(code))
    for (const name of ['firmware.img', 'maps.bin']) rmSync(join(world.folder, name), { force: true });
  else writeFileSync(image, randomBytes(100_000));
  if (/layercast agent/.test(code)) {
    const agent = { fleet: 'acme', key: 'layercast.pub', subscribe: [{ object: 'firmware', output: 'received.img' }] };
    writeFileSync(join(world.folder, 'agent.yaml'), JSON.stringify(agent));
  }
  if (/layercast gateway/.test(code)) {
    const gateway = { fleet: 'acme', key: 'layercast.pub', objects: ['firmware'] };
    writeFileSync(join(world.folder, 'gateway.yaml'), JSON.stringify(gateway));
  }
  if (/layercast manager/.test(code)) {
    writeFileSync(join(world.folder, 'manager.yaml'), JSON.stringify({ state: 'state', devices: 100 }));
  }
  if (/keygen/.test(code))
    for (const name of ['key', 'pub']) rmSync(join(world.folder, `layercast.${name}`), { force: true });
  else
    for (const name of ['key', 'pub'])
      copyFileSync(join(world.folder, `acme.${name}`), join(world.folder, `layercast.${name}`));
}

describeBed('the examples', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.make();
  });
  afterEach(() => world?.stopServers());
  afterAll(() => world?.[Symbol.asyncDispose]());

  const run = blocks.filter(({ language, notRun }) => language in TRIALS && notRun === undefined);
  it.each(run.map((block) => ({ ...block, title: `${block.file}:${block.line} (${block.language})` })))(
    'of $title works as it is written',
    async (block) => TRIALS[block.language]!(block, world),
  );

  it('of the documents are all in blocks of a language that is tried, or say why not', () => {
    const untried = blocks.filter(
      ({ language, notRun, code }) =>
        notRun === undefined && !(language in TRIALS) && (language !== '' || COMMAND.test(code)),
    );
    expect(untried.map(({ file, line }) => `${file}:${line}`)).toEqual([]);
    // A block that is not run may go wrong unnoticed, so a new one has to be counted here.
    expect(blocks.filter(({ notRun }) => notRun !== undefined).map(({ file }) => file)).toEqual([
      'docs/erasure-code.md',
      'docs/installation.md',
      'docs/installation.md',
      'docs/installation.md',
      'docs/interworking.md',
      'docs/interworking.md',
      'docs/interworking.md',
      'docs/interworking.md',
      'docs/interworking.md',
      'docs/interworking.md',
      'docs/interworking.md',
      'docs/interworking.md',
      'docs/interworking.md',
      'docs/interworking.md',
      'docs/interworking.md',
      'docs/library.md',
      'docs/operations.md',
      'docs/operations.md',
      'docs/seeds-and-fill.md',
      'docs/seeds-and-fill.md',
      'docs/seeds-and-fill.md',
    ]);
    expect(run.length).toBeGreaterThan(15);
  });

  it.each(['', ...COMMANDS, 'config validate', 'config schema', 'cache show', 'cache clean'])(
    'of "layercast %s --help" work',
    async (command) => {
      const { output } = await world.run(`layercast ${command} --help`);
      const examples = helpExamples(output);
      if (!['config', 'cache', 'demo'].includes(command)) expect(examples.length).toBeGreaterThan(0);
      // Keys and roots that the documents have made with the same names.
      for (const name of readdirSync(world.folder).filter((file) => /^(ann|bob|online)$|[.]root/.test(file)))
        rmSync(join(world.folder, name), { recursive: true, force: true });
      for (const example of examples.filter((line) => !tried.has(line) && !NEEDS_SERVER.test(line))) {
        tried.add(example);
        provideFiles(example, world);
        if (/plot/.test(example) && !/fetch/.test(example))
          expect(existsSync(join(world.folder, 'maps.log'))).toBe(true);
        rmSync(join(world.folder, 'keys'), { recursive: true, force: true });
        const { code, output } = await world.run(example);
        await world.stopServers();
        expect([example, code, code === 0 ? '' : output]).toEqual([example, 0, '']);
      }
    },
  );

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
      provideFiles(command, world);
      const { code, output } = await world.run(command);
      expect([command, code, code === 0 ? '' : output]).toEqual([command, 0, '']);
    }
  });

  it('that the demo shows at its end work, from where it was started', async () => {
    const { code, output } = await world.run('layercast demo');
    expect([code, output]).toEqual([0, expect.stringContaining('The file received is the file sent.')]);
    const steps = output.slice(output.indexOf('A fleet of your own')).split('\n');
    // Prose starts with a capital letter. The world's `layercast` runs the server in the background, as in a terminal of its own.
    const script = steps.filter((line) => !/^[A-Z](?!ND$)/.test(line)).join('\n');
    expect(script).toMatch(/keygen.*plan.*serve.*list.*fetch/s);
    const typed = script.replace(/^node \S+main\.js (?=serve)/m, 'layercast ');
    const result = await world.run(`${typed}\ncmp received.img acme/firmware.img`);
    expect([result.code, result.code === 0 ? '' : result.output]).toEqual([0, '']);
  }, 90_000);

  it('of a loop for scripts tries again where that helps, and stops where a person has to act', async () => {
    const loop = blocks.find(({ file, code }) => file === 'docs/operations.md' && code.startsWith('while'))!.code;
    for (const exit of [0, 1, 2, 3, 4, 5, 130, 143]) {
      const { code } = await world.run(`layercast() { return ${exit}; }; sleep() { exit 99; }\n${loop}`);
      expect([exit, code]).toEqual([exit, [1, 3, 5].includes(exit) ? 99 : exit]);
    }
  });
});
