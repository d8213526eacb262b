import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runHere } from '../cli/run-cli.js';
import type { CodeBlock } from './blocks.js';
import { blocks, provideFiles, readmeBlock } from './documents.js';
import { describeInWorld } from './in-world.js';
import type { World } from './world.js';

/** A line that starts with one of these words is a command, and has to be in a block that is run. */
const COMMAND = /^(?:layercast|npm|npx|node \S+\.m?js|esbuild|sysctl|ip|nft|systemctl)\s/m;

/** Runs a server's program until it prints that it sends, then ends it. The log of the program before is emptied first: the shell may look before the new program's own redirection has. */
const UNTIL_IT_SENDS = `: >program.log; node program.js >program.log 2>&1 & server=$!
for i in $(seq 200); do if grep -q sending program.log; then break; fi; sleep 0.1; done
kill $server; code=0; wait $server || code=$?; cat program.log; exit $code`;

/** How a block of each language is run. */
const TRIALS: Readonly<Record<string, (block: CodeBlock, world: World) => Promise<void>>> = {
  async sh({ code }, world) {
    provideFiles(code.includes('program.js') ? 'fetch' : code, world);
    if (code.includes('program.js')) world.write('program.js', readmeBlock('js'));
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

describeInWorld('the examples', (world) => {
  const run = blocks.filter(({ language, notRun }) => language in TRIALS && notRun === undefined);
  it.each(run.map((block) => ({ ...block, title: `${block.file}:${block.line} (${block.language})` })))(
    'of $title works as it is written',
    async (block) => TRIALS[block.language]!(block, world()),
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

  it('of a loop for scripts tries again where that helps, and stops where a person has to act', async () => {
    const loop = blocks.find(({ file, code }) => file === 'docs/operations.md' && code.startsWith('while'))!.code;
    for (const exit of [0, 1, 2, 3, 4, 5, 130, 143]) {
      const { code } = await world().run(`layercast() { return ${exit}; }; sleep() { exit 99; }\n${loop}`);
      expect([exit, code]).toEqual([exit, [1, 3, 5].includes(exit) ? 99 : exit]);
    }
  });
});
