import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LayercastError } from '../../base/errors.js';
import { shellWord } from '../../base/shell-word.js';
import { formatQuantity, rateText, SIZE } from '../../base/units.js';
import { createReceiver } from '../../create-receiver.js';
import { createSender, type Sender } from '../../create-sender.js';
import { awaitInterface, usableInterfaces } from '../../net/interfaces/interfaces.js';
import { FetchDisplay } from '../display/fetch-display.js';
import { interruptible } from '../interrupt.js';
import { runInNamespace } from './demo-namespace.js';
import { writeKeyPair } from './key-pair.js';

/** At the 42 Mbit/s of both servers together this takes some four seconds. */
const DEMO_BYTES = 16e6;

/** Scope "interface" and hop limit 0: packets are looped back and never leave the host. */
const FLEET = `fleet: demo
key: layercast.key
scope: interface
hopLimit: 0
objects:
  firmware:
    file: firmware.img
    version: 1
    channels:
      - { rate: 3Mbit }
      - { rate: 6Mbit }
      - { rate: 12Mbit }
servers:
  alpha: {}
  beta: {}
`;

/** `layercast demo`: the main job on this host, told step by step on stderr. */
export async function runDemo(interfaceName: string | undefined): Promise<void> {
  if (interfaceName === undefined && usableInterfaces().length === 0) return runApart();
  const { name } = await awaitInterface(interfaceName, { wait: false });
  const folder = await mkdtemp(join(tmpdir(), 'layercast-demo-'));
  try {
    await interruptible((signal) => demonstrate(folder, name, signal));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function demonstrate(folder: string, interfaceName: string, signal: AbortSignal): Promise<void> {
  const bytes = randomBytes(DEMO_BYTES);
  const config = join(folder, 'fleet.yaml');
  const output = join(folder, 'received.img');
  const { publicPath } = await writeKeyPair(folder, false);
  await writeFile(join(folder, 'firmware.img'), bytes);
  await writeFile(config, FLEET);

  say(`Two servers send a file of ${formatQuantity(SIZE, DEMO_BYTES)} on ${interfaceName}, hop limit 0:`);
  const options = { config, interface: interfaceName, stateDir: join(folder, 'state'), signal };
  await using alpha = announced(createSender({ ...options, host: 'alpha' }));
  await using beta = announced(createSender({ ...options, host: 'beta' }));
  await Promise.all([alpha.ready, beta.ready]);

  say('\nA receiver knows the fleet, the name and the public key, and hears the rest:');
  await using receiver = createReceiver({
    fleet: 'demo',
    object: 'firmware',
    key: await readFile(publicPath),
    output,
    interface: interfaceName,
    scope: 'interface',
    stateDir: join(folder, 'state'),
    timeoutMs: 45_000,
    signal,
  });
  using display = new FetchDisplay(process.stderr, 'demo/firmware');
  receiver.on('join', ({ channel, group, reason }) => display.say(`  joins channel ${channel}, ${group}: ${reason}`));
  display.follow(receiver);
  const { servers, channels, sha256 } = await receiver.done;
  display[Symbol.dispose]();
  if (
    createHash('sha256')
      .update(await readFile(output))
      .digest('hex') !== sha256
  ) {
    throw new LayercastError('INTERNAL', 'the file received is not the file sent');
  }
  say(`  by server:  ${servers.map(({ server, datagrams }) => `${server} ${datagrams}`).join(', ')} datagrams`);
  say(`  by channel: ${channels.map(({ channel, datagrams }) => `${channel}: ${datagrams}`).join(', ')} datagrams`);
  say(`\nThe file received is the file sent. ${nextSteps()}`);
}

/** The commands to try next. They work from the folder in which the demo was started. */
function nextSteps(): string {
  const layercast = commandLine();
  return `A fleet of your own, in the folder "acme":

${layercast} keygen --out acme
head -c 5000000 /dev/urandom > acme/firmware.img
cat > acme/fleet.yaml <<END
fleet: acme
key: layercast.key
objects:
  firmware: { file: firmware.img, version: 1, ladder: { from: 1Mbit, to: 16Mbit } }
END
${layercast} plan --config acme/fleet.yaml

In one terminal, the server:

${layercast} serve --config acme/fleet.yaml

In another, or on another machine that has acme/layercast.pub, a receiver:

${layercast} list
${layercast} fetch acme/firmware --key acme/layercast.pub -o received.img`;
}

/** How to start this program again: by its name if it is installed, else with Node and the path of its file. */
function commandLine(): string {
  const script = process.argv[1] ?? 'layercast';
  if (basename(script) === 'layercast') return 'layercast';
  const path = relative(process.cwd(), script);
  return `node ${shellWord(path)}`;
}

function announced(sender: Sender): Sender {
  return sender.on('publish', ({ server, channels }) => {
    const rates = channels.map(({ rateBitsPerSecond }) => rateText(rateBitsPerSecond));
    say(`  ${server}: channels at ${rates.join(', ')}`);
  });
}

/** Runs the demo in a network namespace of its own, for hosts without a usable interface: loopback alone has no multicast. */
async function runApart(): Promise<void> {
  say('This host has no interface with an IPv6 address. The demo makes one, in a network namespace of its own.');
  say('The steps that it shows at the end need an interface of this host: bring one up first.\n');
  const main = fileURLToPath(new URL('../main.js', import.meta.url));
  process.exitCode = await runInNamespace([process.execPath, main, 'demo', '--interface', 'demo0']);
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
