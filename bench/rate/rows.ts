import { LayercastError } from '../../dist/base/errors.js';
import type { Row } from './row.js';
import { alone } from './rows/alone.js';
import { afterTcp, besideTcp, besideTcpBucket, besideTcpFair, besideTwoTcp, tcpAlone } from './rows/beside-tcp.js';
import { halving, halvingWhileDeaf } from './rows/halving.js';
import { oddities } from './rows/oddities.js';
import { outages } from './rows/outages.js';
import { randomLoss } from './rows/random-loss.js';
import { replicated } from './rows/replicated.js';
import { shared, sharedUnsure } from './rows/shared.js';
import { beacons, bursts, fairQueues, policers, tokenBuckets } from './rows/steady-links.js';
import { traces } from './rows/traces.js';
import { twoServers } from './rows/two-servers.js';

export const rows: Readonly<Record<string, Row>> = {
  a: alone,
  b: halving,
  b2: halvingWhileDeaf,
  c: shared,
  cn: sharedUnsure,
  d: besideTcp,
  df: afterTcp,
  d2: besideTwoTcp,
  dt: tcpAlone,
  dtbf: besideTcpBucket,
  dfq: besideTcpFair,
  e: randomLoss,
  outages,
  f: twoServers,
  g: replicated,
  h: oddities,
  tbf: tokenBuckets,
  policer: policers,
  fq: fairQueues,
  beacons,
  bursts,
  traces,
};

/** @throws {LayercastError} `USAGE` when no row is called that. */
export function rowOf(name: string): Row {
  const row = rows[name];
  if (row !== undefined) return row;
  throw new LayercastError('USAGE', `no row is called "${name}"`, { hint: `of ${Object.keys(rows).join(',')}` });
}
