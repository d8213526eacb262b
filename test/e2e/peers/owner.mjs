// Owns sockets of the built `udpNetwork` as the drivers own them: opens each, opens it anew when it is stale or refuses, and
// sends a datagram each 20 ms on each sender. Prints what happens: `opened`, `refused` (code, message; once for each reason),
// `tried` (each tenth time that a socket was refused), `stale`, `joined`, `heard` (source; when it is another than before, or the first since the group was joined).
// Arguments: one JSON object with `senders` and `memberships`, each as src/base/ports.ts has them, and a `label`.
import { setTimeout as delay } from 'node:timers/promises';
import { udpNetwork } from '../../../dist/net/portable/udp-network.js';

const { senders = [], memberships = [] } = JSON.parse(process.argv[2]);
const say = (event) => console.log(JSON.stringify(event));
const batch = { count: 1, bytes: new Uint8Array(100), datagramBytes: 100 };
const defaults = { port: 4242, interface: undefined, source: undefined, sources: [], hopLimit: 4, dscp: 0 };

for (const { label, ...one } of senders) void keepSending(label, { ...defaults, ...one });
for (const { label, ...one } of memberships) void keepListening(label, { ...defaults, ...one });

async function keepSending(label, destination) {
  for (;;) {
    const socket = await opened(label, () => udpNetwork.openSender(destination));
    say({ event: 'opened', label });
    for (let failure; failure !== 'ENODEV'; await delay(20)) ({ failure } = await socket.send(batch));
    say({ event: 'stale', label });
    socket.close();
  }
}

async function keepListening(label, request) {
  for (;;) {
    let source;
    const onBatch = ({ sourceIds: [id] }) => {
      const from = udpNetwork.sourceAddress(id);
      if (from !== source) say({ event: 'heard', label, source: from });
      source = from;
    };
    const membership = await opened(label, () => udpNetwork.join(request, onBatch));
    say({ event: 'joined', label });
    while (!membership.isStale) await delay(20);
    say({ event: 'stale', label });
    await membership.leave();
  }
}

async function opened(label, open) {
  for (let said, count = 1; ; await delay(50), count++) {
    try {
      return await open();
    } catch ({ name, code, message, hint }) {
      if (message !== said) say({ event: 'refused', label, name, code, message, hint });
      said = message;
      if (count % 10 === 0) say({ event: 'tried', label, count });
    }
  }
}
