import { execFile } from 'node:child_process';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { scratchDirectory } from './store/scratch.js';

const run = promisify(execFile);
const top = fileURLToPath(new URL('../', import.meta.url));
const folder = await scratchDirectory();

/** Every event of both calls by its name, options that may be undefined, and what an error has. */
const PROGRAM = `
import { createReceiver, createSender, LayercastError, OptionsError } from 'layercast';
import type { CompleteEvent, DescriptorEvent, ErrorCode, FillEvent, ListeningEvent, MembershipEvent, NetworkEvent, OptionName } from 'layercast';
import type { ProgressEvent, PublishEvent, RefuseEvent, SeedEvent, SenderWarningEvent, WaitingEvent, WarningEvent, WithdrawEvent } from 'layercast';

declare const text: string | undefined;
declare const count: number | undefined;
const receiver = createReceiver({ fleet: 'a', object: 'b', key: 'k', output: 'o', interface: text, timeoutMs: count, patienceMs: count });
receiver.on('listening', (event: ListeningEvent) => event.port.toFixed());
receiver.on('waiting', (event: WaitingEvent) => event.message.length);
receiver.on('descriptor', (event: DescriptorEvent) => event.descriptor.version.toFixed());
receiver.on('seed', (event: SeedEvent) => event.deltaBytes.toFixed());
receiver.on('fill', (event: FillEvent) => event.url.length);
receiver.on('join', (event: MembershipEvent) => event.reason.length);
receiver.on('leave', (event: MembershipEvent) => event.reason.length);
receiver.on('progress', ({ etaMs }: ProgressEvent) => etaMs?.toFixed());
receiver.on('warning', (event: WarningEvent) => event.code.length);
receiver.on('complete', (event: CompleteEvent) => event.path?.length);
const sender = createSender({ config: 'c', host: text, threadCount: count });
sender.on('publish', (event: PublishEvent) => event.sha256.length);
sender.on('withdraw', (event: WithdrawEvent) => event.retryMs?.toFixed());
sender.on('refuse', (event: RefuseEvent) => event.sentVersion?.toFixed());
sender.on('network', (event: NetworkEvent) => event.failure?.length);
sender.on('warning', (event: SenderWarningEvent) => event.hint?.length);
sender.on('idle', ({ message }) => message.length);
// @ts-expect-error times are in milliseconds
createReceiver({ fleet: 'a', object: 'b', key: 'k', output: 'o', timeoutUs: 1 });
export const told = (error: unknown): string | undefined => {
  if (error instanceof OptionsError) return error.faults[0]?.option;
  if (!(error instanceof LayercastError)) return undefined;
  const code: ErrorCode = error.code;
  return error.hintFor((name: OptionName) => \`--\${name}\`) ?? code;
};
`;

beforeAll(async () => {
  await mkdir(join(folder, 'node_modules'));
  await symlink(top, join(folder, 'node_modules/layercast'));
  await symlink(join(top, 'node_modules/@types'), join(folder, 'node_modules/@types'));
  await writeFile(join(folder, 'program.mts'), PROGRAM);
});

describe('the types of the library', () => {
  it.each(['true', 'false'])('fit a strict program with exactOptionalPropertyTypes %s', async (exact) => {
    const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--types', 'node'];
    const options = [...flags, '--noUncheckedIndexedAccess', '--exactOptionalPropertyTypes', exact];
    const tsc = join(top, 'node_modules/.bin/tsc');
    const { stdout } = await run(tsc, [...options, 'program.mts'], { cwd: folder }).catch((error) => error);
    expect(stdout).toBe('');
  });

  it('say what they are, each with a comment that editors show', async () => {
    const index = await readFile(join(top, 'src/index.ts'), 'utf8');
    const silent: string[] = [];
    for (const [, names, file] of index.matchAll(/export (?:type )?\{([^}]+)\} from '\.\/([^']+)\.js';/g)) {
      const source = await readFile(join(top, `src/${file}.ts`), 'utf8');
      for (const name of names!.match(/\w+/g)!.filter((word) => word !== 'type')) {
        const declared = new RegExp(`\\*/\nexport (?:async )?(?:function|class|interface|type|const) ${name}\\b`);
        if (!declared.test(source)) silent.push(name);
      }
    }
    expect(silent).toEqual([]);
  });
});

describe('the library', () => {
  it('is loaded by CommonJS with import()', async () => {
    const code = `import('layercast').then(({ createReceiver }) => createReceiver().done.catch(({ code }) => console.log(code)));`;
    const { stdout } = await run(process.execPath, ['--input-type=commonjs', '-e', code], { cwd: folder });
    expect(stdout).toBe('USAGE\n');
  });
});
