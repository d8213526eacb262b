import { parseFleet } from '../../dist/fleet/load-fleet.js';

/** Two objects and four servers. Settings stand at the fleet, at channels and at servers. */
export const fleet = parseFleet(
  `fleet: f
interface: eth0
objects:
  a: { file: a, version: 1, channels: [{ rate: 1Mbit, hopLimit: 3 }, { rate: 2Mbit, offset: 25% }, { rate: 3Mbit, offset: 3B }] }
  b: { file: b, version: 1, channels: [{ rate: 1Mbit }] }
servers:
  alpha: {}
  beta: { offset: 90%, interface: eth1, channels: [0, 1], objects: [a], hopLimit: 5, dscp: 9 }
  gamma: { offset: 2B }
  delta: {}
`,
  'f',
);
