// A device of a manager, with CoAP and nothing else: registers, says what it has, and prints each trigger as a line of JSON.
// Arguments: JSON with name, and host and port of the manager. SIGUSR2 makes it notify.
import { systemClock } from '../../../dist/base/system-clock.js';
import { UdpEndpoint } from '../../../dist/coap/udp-endpoint.js';

const { name, host, port } = JSON.parse(process.argv[2]);
let version = 1;
const says = (value) => ({
  isObservable: true,
  answer: () => ({ code: 0x45, payload: Buffer.from(JSON.stringify(value())), contentFormat: 50, maxAgeS: 3600 }),
});
const resources = {
  fw: says(() => ({ fleet: 'acme', objects: [{ object: 'firmware', version, state: 'applied' }] })),
  Radio_link_status: says(() => ({ isAwake: true, nextWakeAt: null })),
  sw: {
    maxPayloadBytes: 65536,
    answer({ query, payload }) {
      console.log(JSON.stringify({ event: 'trigger', query, record: Buffer.from(payload).toString('base64') }));
      return { code: 0x44 };
    },
  },
};
const site = { links: () => [], find: (path) => resources[path.join('/')] };
const { endpoint } = await UdpEndpoint.open({ host: '::', port: 0, clock: systemClock, site });
process.on('SIGUSR2', () => {
  version++;
  endpoint.notify(['fw']);
});
const request = { method: 'POST', path: ['rd'], query: [`ep=${name}`, 'lt=600'] };
const { code } = await endpoint.request({ address: host, port }, request);
console.log(JSON.stringify({ event: 'registered', code }));
