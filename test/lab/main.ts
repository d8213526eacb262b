// npm run lab -- COMMAND: hosts around a multicast bridge, by hand. The library under it is bed.ts.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { errnoOf, LayercastError } from '../../dist/base/errors.js';
import { goOnWithoutOutput } from '../../dist/cli/lost-output.js';
import { parseAssignment, parseRate, parseRatio } from './amounts.js';
import { Bed } from './bed.js';
import { environment } from './machine.js';
import { processesIn } from './occupants.js';
import { parseLink } from './parse-link.js';
import { dropRecord, findRecord, keepRecord, requireRecord } from './record.js';
import { tryLink } from './try-link.js';

const help = `Hosts in network namespaces around a bridge with MLD snooping; nothing leaves this machine.

  npm run lab -- up [--hosts alpha,beta,r1] [--mtu 1500] [--rate HOST=2Mbit]… [--loss HOST=5%]…
  npm run lab -- exec HOST COMMAND [ARGUMENT…]   run a command on a host, in this directory
  npm run lab -- shell HOST                      a shell on a host
  npm run lab -- rate HOST=2Mbit | HOST=none     the link toward a host; what is above the rate waits 50 ms, then drops
  npm run lab -- loss HOST=5% | HOST=none        UDP datagrams that a host loses at random
  npm run lab -- unplug HOST, plug HOST          the host's cable
  npm run lab -- show                            who listens to what, and what crossed each port
  npm run lab -- down                            end everything on the hosts, and the bed
  npm run lab -- link KIND [--rate 5Mbit] …      try a link, with hosts of its own: a server, a receiver behind the link, what comes out

Kinds of links: serial and tbf (--burst 16kB) of the kernel; policer (--burst), fqCodel (--target 5ms), beacons and bursts (--period 102.4ms) and
trace (--trace FILE, milliseconds at which 1500 bytes leave) by a relay, which also knows --loss 5%, --loss-burst 5 and --delay 10ms. For all:
--queue 100ms, --leave slow|fast, --seconds 20 (what the object takes at the rate of the link).

Each host has eth0 with fd00:1::N, N from 1 in the order of --hosts. One bed lies at a time. The built command line is
dist/cli/main.js: npm run lab -- exec r1 node dist/cli/main.js fetch …`;

type Command = (args: readonly string[]) => Promise<number>;

const commands: Readonly<Record<string, Command>> = {
  up,
  down,
  show,
  exec: async ([host, ...command]) => run(need(host, 'exec HOST COMMAND'), command),
  shell: async ([host]) => run(need(host, 'shell HOST'), [process.env.SHELL ?? 'sh']),
  rate: async (args) => await each(args, 'rate HOST=2Mbit', setRate),
  loss: async (args) => await each(args, 'loss HOST=5%', setLoss),
  plug: async (hosts) => await each(hosts, 'plug HOST', (bed, host) => bed.port(host).plug()),
  link: async (args) => {
    await tryLink(parseLink(args), console.log, interruption());
    return 0;
  },
  unplug: async (hosts) => await each(hosts, 'unplug HOST', (bed, host) => bed.port(host).unplug()),
};

const [name = '--help', ...args] = process.argv.slice(2);
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
const asksForHelp = [name, ...(name === 'exec' ? [] : args)].some((word) => ['--help', '-h', 'help'].includes(word));
goOnWithoutOutput();
if (asksForHelp) console.log(help);
else if (command === undefined)
  fail(new LayercastError('USAGE', `no command "${name}"`, { hint: 'npm run lab -- --help' }));
else
  await command(args).then((code) => {
    process.exitCode = code;
  }, fail);

async function up(given: readonly string[]): Promise<number> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...given],
    options: {
      hosts: { ...text, default: 'alpha,beta,r1' },
      mtu: { ...text, default: '1500' },
      rate: { ...text, multiple: true, default: [] },
      loss: { ...text, multiple: true, default: [] },
    },
  });
  if (findRecord() !== undefined) {
    throw new LayercastError('USAGE', 'a bed lies here already', { hint: 'npm run lab -- down' });
  }
  const mtuBytes = Number(values.mtu);
  if (!(Number.isInteger(mtuBytes) && mtuBytes >= 1280 && mtuBytes <= 65_535)) {
    throw new LayercastError('USAGE', `MTU ${values.mtu} is none for IPv6`, { hint: 'from 1280 to 65535' });
  }
  const signal = interruption();
  const bed = await Bed.lay({ hosts: values.hosts.split(','), mtuBytes, detached: true });
  try {
    for (const assignment of values.rate) await setRate(bed, assignment);
    for (const assignment of values.loss) await setLoss(bed, assignment);
    // Without a record, nobody could take the bed away.
    signal.throwIfAborted();
    keepRecord(bed.record);
  } catch (error) {
    await bed.lift();
    throw error;
  }
  for (const host of bed.record.hosts) {
    console.log(`${host.padEnd(15)} ${bed.host(host).address.padEnd(12)} npm run lab -- shell ${host}`);
  }
  return 0;
}

async function down(): Promise<number> {
  const record = requireRecord();
  const bed = Bed.at(record);
  for (const pid of await processesIn(bed)) process.kill(pid, 'SIGTERM');
  await bed.lift();
  dropRecord();
  return 0;
}

async function show(): Promise<number> {
  const bed = Bed.at(requireRecord());
  const members = await bed.memberships();
  for (const name of bed.record.hosts) {
    const { toHost, fromHost } = await bed.port(name).counters();
    const [shaped, losses] = [await bed.port(name).shaped(), await bed.host(name).losses()];
    console.log(`${name} ${bed.host(name).address}`);
    for (const { group, source } of members.filter(({ host, group }) => host === name && !group.startsWith('ff02:'))) {
      console.log(`  listens to ${group}${source === undefined ? '' : ` from ${source}`}`);
    }
    for (const count of fromHost) console.log(`  sent  ${described(count)}`);
    for (const count of toHost) console.log(`  heard ${described(count)}`);
    if (shaped !== undefined)
      console.log(`  link: ${shaped.passed.packets} packets passed, ${shaped.droppedPackets} dropped`);
    if (losses.heard + losses.dropped > 0)
      console.log(`  loss: ${losses.heard} let through, ${losses.dropped} dropped`);
  }
  return 0;
}

function described(count: { group: string; udpPort: number; packets: number; bytes: number }): string {
  return `${count.group} port ${count.udpPort}: ${count.packets} datagrams, ${count.bytes} bytes`;
}

function run(host: string, given: readonly string[]): number {
  const [file = '', ...rest] = [
    ...Bed.at(requireRecord()).enter(host),
    need(given[0], 'exec HOST COMMAND'),
    ...given.slice(1),
  ];
  const { status, signal, error } = spawnSync(file, rest, { stdio: 'inherit', env: environment() });
  if (error !== undefined) throw error;
  if (signal !== null) process.kill(process.pid, signal);
  return status ?? 1;
}

async function each(
  given: readonly string[],
  usage: string,
  act: (bed: Bed, text: string) => Promise<void>,
): Promise<number> {
  need(given[0], usage);
  const bed = Bed.at(requireRecord());
  for (const text of given) await act(bed, text);
  return 0;
}

async function setRate(bed: Bed, assignment: string): Promise<void> {
  const [host, amount] = parseAssignment(assignment);
  if (amount === 'none') await bed.port(host).unshape();
  else await bed.port(host).shape({ rateBitsPerSecond: parseRate(amount) });
}

async function setLoss(bed: Bed, assignment: string): Promise<void> {
  const [host, amount] = parseAssignment(assignment);
  if (amount === 'none') await bed.host(host).keep();
  else await bed.host(host).lose({ ratio: parseRatio(amount) });
}

/** Aborts at SIGINT and SIGTERM, so that what was begun is taken away. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  const interrupt = () => controller.abort(new LayercastError('ABORTED', 'interrupted'));
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  return controller.signal;
}

function need(argument: string | undefined, usage: string): string {
  if (argument !== undefined) return argument;
  throw new LayercastError('USAGE', 'something is missing', { hint: `npm run lab -- ${usage}` });
}

/** Prints the message and the hint of an error; an error of this program itself keeps its stack. */
function fail(error: unknown): void {
  const code = errnoOf(error) ?? '';
  if (!(error instanceof LayercastError) && !code.startsWith('ERR_PARSE_ARGS')) throw error;
  const hint = error instanceof LayercastError ? error.hint : 'npm run lab -- --help';
  console.error([(error as Error).message, hint].filter(Boolean).join('; '));
  const isWrongUse = code === 'USAGE' || code === 'UNKNOWN_HOST' || code.startsWith('ERR_PARSE_ARGS');
  process.exitCode = isWrongUse ? 2 : code === 'ABORTED' ? 130 : 1;
}
