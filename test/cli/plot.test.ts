import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runPlot } from '../../dist/cli/actions/run-plot.js';
import { asOrdinaryUser } from '../store/ordinary-user.js';
import { runHere } from './run-cli.js';

const folder = mkdtempSync(join(tmpdir(), 'layercast-plot-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name: string) => join(folder, name);
const plot = (...args: string[]) => runHere(['plot', ...args], { cwd: folder });

const progress = { event: 'progress', atMs: 1000, rateBitsPerSecond: 2e6, lossRatio: 0.01, level: 2, queueMs: 3 };
const lines = (...events: readonly unknown[]) =>
  events.map((event) => (typeof event === 'string' ? event : JSON.stringify(event))).join('\n');
writeFileSync(path('good.log'), lines(progress, { ...progress, atMs: 2000 }));
writeFileSync(path('two.log'), lines({ ...progress, receiver: 'r1' }, { ...progress, receiver: 'r2' }));

describe('plot', () => {
  it('makes a picture, and replaces it by the next', async () => {
    writeFileSync(path('out.svg'), 'x'.repeat(1_000_000));
    const first = await plot('good.log', '-o', 'out.svg');
    expect(first).toEqual({ code: 0, stdout: '', stderr: '' });
    const picture = readFileSync(path('out.svg'), 'utf8');
    expect(picture).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" width="900".*<\/svg>\n$/s);
    await plot('good.log', '-o', 'out.svg', '--width', '600');
    expect(readFileSync(path('out.svg'), 'utf8')).toContain('width="600"');
    await plot('good.log', '-o', 'out.svg');
    expect(readFileSync(path('out.svg'), 'utf8')).toBe(picture);
  });

  it('reads standard input and writes standard output where told so', async () => {
    const child = spawn(process.execPath, [
      new URL('../../dist/cli/main.js', import.meta.url).pathname,
      'plot',
      '-',
      '-o',
      '-',
    ]);
    let stdout = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stdin.end(readFileSync(path('good.log')));
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(stdout).toBe((await plot('good.log', '-o', '-')).stdout);
    expect(stdout).toMatch(/^<svg/);
  });

  it('counts lines that cannot be used, says where the first is, and draws the rest', async () => {
    writeFileSync(
      path('bad.log'),
      lines('', progress, '{"event":"pro', { event: 'unknown' }, { ...progress, level: null }),
    );
    const { code, stderr } = await plot('bad.log', '-o', 'bad.svg');
    expect(code).toBe(0);
    expect(stderr).toBe('layercast: 2 lines were not drawn; line 3: not JSON\n');
    expect(readFileSync(path('bad.svg'), 'utf8')).toMatch(/^<svg/);
  });

  it('draws one receiver when asked, and says who there is when there is none such', async () => {
    expect((await plot('two.log', '-o', 'r2.svg', '--receiver', 'r2')).code).toBe(0);
    expect(readFileSync(path('r2.svg'), 'utf8')).toContain('receiver r2');
    expect(await plot('two.log', '-o', 'r3.svg', '--receiver', 'r3')).toMatchObject({
      code: 2,
      stderr: 'layercast: no receiver in two.log is called "r3"\n  one of: r1, r2\n',
    });
    expect((await plot('good.log', '-o', 'r3.svg', '--receiver', 'r3')).stderr).toContain('leave --receiver out');
  });

  it.each<[string, string, string[], number, string]>([
    ['nothing', '', [], 2, 'layercast: nothing to draw in log\n  Give what'],
    ['no event that is drawn', '{"event":"hashing"}\n', [], 2, 'nothing to draw in log\n'],
    ['no JSON', 'fetching …\n', [], 2, 'nothing to draw in log; line 1: not JSON\n'],
    ['old lines without times', lines({ ...progress, atMs: undefined }), [], 2, 'line 1: progress: "atMs" is not'],
    ['a width too small', lines(progress), ['--width', '12'], 2, '--width: not usable, found "12"'],
    ['a flag that is none', lines(progress), ['--heigth', '1'], 2, "unknown option '--heigth'"],
  ])('of a log with %s fails', async (_, text, args, code, message) => {
    writeFileSync(path('log'), text);
    const result = await plot('log', '-o', 'none.svg', ...args);
    expect(result.code).toBe(code);
    expect(result.stderr).toContain(message);
  });

  it('needs a file to make, which is not the log', async () => {
    expect((await plot('good.log')).stderr).toContain("required option '-o, --output <file.svg>' not specified");
    expect(await plot('good.log', '-o', './good.log')).toMatchObject({ code: 2 });
    expect(readFileSync(path('good.log'), 'utf8')).toContain('progress');
  });

  it('says which file it could not read or write, and why', async () => {
    expect(await plot('none.log', '-o', 'x.svg')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('cannot read "none.log": there is no such file'),
    });
    expect(await plot('good.log', '-o', 'no/x.svg')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('cannot write "no/x.svg": there is no such file or directory'),
    });
    expect((await plot('.', '-o', 'x.svg')).stderr).toContain('cannot read "."');
  });

  it('says that it may not', async () => {
    chmodSync(folder, 0o755);
    writeFileSync(path('secret.log'), '', { mode: 0o000 });
    const failed = (log: string) => asOrdinaryUser(() => runPlot(path(log), { output: path('sub/x.svg') }));
    mkdirSync(path('sub'), { mode: 0o555 });
    const code = 'PERMISSION_DENIED';
    await expect(failed('secret.log')).rejects.toMatchObject({ code, message: expect.stringContaining('cannot read') });
    await expect(failed('good.log')).rejects.toMatchObject({ code, message: expect.stringContaining('cannot write') });
  });
});
