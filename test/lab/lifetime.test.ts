import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { describeBed } from './allowed.js';
import { Bed } from './bed.js';
import { environment } from './machine.js';
import { networkOf } from './occupants.js';
import { until } from './until.js';

const receiver = fileURLToPath(new URL('peers/receiver.mjs', import.meta.url));
const sender = fileURLToPath(new URL('peers/sender.mjs', import.meta.url));
const listening = [receiver, JSON.stringify({ group: 'ff15::1', port: 4242 })];

describeBed('the life of a bed', () => {
  test('ends with its hosts and every process on them', async () => {
    const bed = await Bed.lay({ hosts: ['r1', 'r2'] });
    const process1 = bed.host('r1').spawn(process.execPath, listening);
    await process1.waitForEvent('joined');
    const inside = [networkOf(bed.record.anchorPid), networkOf(process1.pid)];
    expect(new Set([...inside, networkOf(process.pid)]).size).toBe(3);
    await bed.lift();
    expect(await process1.exited).toEqual({ code: 0, signal: null });
    expect(process1.stdout).toContain('"ended"');
    await until('the namespaces are gone', async () => !networksInUse().some((id) => inside.includes(id)));
  });

  test('leaves no trace in the namespaces and interfaces of the machine', async () => {
    const name = `q${process.pid}`;
    await using _bed = await Bed.lay({ hosts: [name] });
    for (const args of [
      ['netns', 'list'],
      ['-o', 'link'],
    ]) {
      expect(spawnSync('ip', args, { encoding: 'utf8', env: environment() }).stdout).not.toContain(name);
    }
  });

  test('ends when the process that laid it is killed', async () => {
    const laid = await layElsewhere();
    expect(existsSync(`/proc/${laid.anchorPid}`)).toBe(true);
    laid.child.kill('SIGKILL');
    await until('the anchor and the process on the host are gone', async () =>
      [laid.anchorPid, laid.processPid].every((pid) => !existsSync(`/proc/${pid}`)),
    );
  });

  test('lies beside other beds with hosts of the same names, and none hears another', async () => {
    await using one = await Bed.lay({ hosts: ['r1'] });
    await using other = await Bed.lay({ hosts: ['r1'] });
    const process1 = one.host('r1').spawn(process.execPath, listening);
    await process1.waitForEvent('joined');
    await one.joined('r1', 'ff15::1');
    expect((await other.memberships()).filter(({ group }) => group === 'ff15::1')).toEqual([]);
  });

  test('lays a cable beside the bridge, over which two hosts hear each other', async () => {
    await using bed = await Bed.lay({ hosts: ['r1', 'r2'] });
    const name = await bed.cable('r1', 'r2');
    const options = { group: 'ff15::1', port: 4242, every: 10, membership: `::%${name}` };
    const listener = bed.host('r2').spawn(process.execPath, [receiver, JSON.stringify(options)]);
    await listener.waitForEvent('joined');
    const message = JSON.stringify({ ...options, count: 10, name });
    const talker = bed.host('r1').spawn(process.execPath, [sender, message]);
    await talker.waitForEvent('sent');
    await listener.waitForEvent('heard');
    expect(await bed.port('r1').received()).toEqual({ packets: 0, bytes: 0 });
  });

  test('gives every interface the MTU asked for', async () => {
    await using bed = await Bed.lay({ hosts: ['r1', 'r2'], mtuBytes: 9000 });
    const link = JSON.parse(await bed.host('r2').run('ip', ['-j', 'link', 'show', 'dev', 'eth0']));
    expect(link).toEqual([expect.objectContaining({ ifname: 'eth0', mtu: 9000 })]);
  });

  test('refuses names that cannot be, and shows them', async () => {
    for (const hosts of [['Alpha'], ['r1', 'r1'], ['bridge'], ['a-name-of-16-chars'], ['r1; true'], ['']]) {
      await expect(Bed.lay({ hosts })).rejects.toMatchObject({
        code: 'USAGE',
        message: expect.stringContaining(`"${hosts.at(-1)}"`),
      });
    }
  });
});

describeBed(
  'a bed laid as an ordinary user',
  () => {
    test('hears, is shaped, loses, and ends, as one laid by root', async () => {
      await using bed = await Bed.lay({ hosts: ['alpha', 'r1'], userNamespace: true });
      expect(bed.record.userNamespace).toBe(true);
      await bed.host('r1').shape({ rateBitsPerSecond: 1e6 });
      await bed.host('r1').lose({ ratio: 0.5 });
      const process1 = bed.host('r1').spawn(process.execPath, listening);
      await process1.waitForEvent('joined');
      await bed.joined('r1', 'ff15::1');
      expect(await bed.host('r1').losses()).toEqual({ heard: 0, dropped: 0 });
      expect(await bed.port('r1').shaped()).toMatchObject({ droppedPackets: 0 });
    });
  },
  { userNamespace: true },
);

describe('a process on a host', () => {
  const lay = () => Bed.lay({ hosts: ['r1'] });

  describeBed('of a bed', () => {
    test('gets exactly the signal, and tells how it ended', async () => {
      await using bed = await lay();
      const ended = bed.host('r1').spawn('sh', ['-c', 'echo out; echo err >&2; exit 7']);
      expect(await ended.exited).toEqual({ code: 7, signal: null });
      expect([ended.stdout, ended.stderr]).toEqual(['out\n', 'err\n']);
      const killed = bed.host('r1').spawn('sleep', ['60']);
      await until('the command itself runs', async () => commandOf(killed.pid) === 'sleep');
      killed.kill('SIGKILL');
      expect(await killed.exited).toEqual({ code: null, signal: 'SIGKILL' });
    });

    test('gives its events from the first on, and rejects the wait for one that never comes', async () => {
      await using bed = await lay();
      const lines = '{"event":"a"}\nno event\n{"event":"b","n":1}\n{"event":"b","n":2}\n{"event":"half';
      const process1 = bed.host('r1').spawn('printf', [lines]);
      await process1.exited;
      expect(await process1.waitForEvent('b')).toEqual({ event: 'b', n: 1 });
      expect(await process1.waitForEvent(({ n }) => n === 2)).toEqual({ event: 'b', n: 2 });
      const heard: unknown[] = [];
      for await (const { event } of process1.events()) heard.push(event);
      expect(heard).toEqual(['a', 'b', 'b']);
      await expect(process1.waitForEvent('c')).rejects.toThrow(/no event "c" before it ended \(0\): printf/);
    });

    test('runs in the directory and with the environment given', async () => {
      await using bed = await lay();
      const process1 = bed
        .host('r1')
        .spawn('sh', ['-c', 'pwd; echo $COLOUR'], { cwd: '/usr', env: { COLOUR: 'blue' } });
      await process1.exited;
      expect(process1.stdout).toBe('/usr\nblue\n');
    });
  });
});

/** Network namespaces of all processes of the machine. */
function networksInUse(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(networkOf);
}

function commandOf(pid: number | undefined): string {
  return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
}

/** Starts another process that lays a bed with a process on it, and then waits. */
async function layElsewhere(): Promise<{ child: ChildProcess; anchorPid: number; processPid: number }> {
  const program = `
    const { Bed } = await import('${new URL('bed.ts', import.meta.url).href}');
    const bed = await Bed.lay({ hosts: ['r1'] });
    const sleeper = bed.host('r1').spawn(process.execPath, ${JSON.stringify(listening)});
    await sleeper.waitForEvent('joined');
    console.log(JSON.stringify({ anchorPid: bed.record.anchorPid, processPid: sleeper.pid }));
    setInterval(() => {}, 1000);`;
  const args = ['--import', 'tsx', '--input-type=module', '--eval', program];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [text] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, ...(JSON.parse(text.toString()) as { anchorPid: number; processPid: number }) };
}
