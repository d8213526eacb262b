import type { ConfigWarning, WarningCode } from '../../fleet/warnings.js';
import { KEEPS_FROM_SENDING } from '../../publish/warnings/host-warnings.js';
import { failure, type Judgement, ok, warning } from '../finding.js';
import type { HostFacts } from '../host-facts.js';

/** What other checks say of the host itself. */
const SAID_ELSEWHERE: readonly WarningCode[] = ['INTERFACE', 'MTU'];

/** Why each matters, and what mends it. Where a kind is missing, its message says both. */
const ADVICE: Readonly<Partial<Record<WarningCode, readonly [why: string, remedy: string]>>> = {
  FILE: ['What cannot be read cannot be sent.', 'Put the file there, or correct "file:"'],
  KEY: ['Receivers take only what is signed.', 'layercast keygen --out DIR makes a key; or correct the path'],
  KEY_EXPOSED: ['Whoever reads the key can sign releases.', 'chmod 600 the file, or replace the key'],
  RECORD: ['A server without the private key needs a record of each version.', 'layercast sign makes it'],
  EXPIRED: ['Receivers refuse what has expired.', 'Sign it anew: layercast sign, or layercast root for a root'],
  EXPIRES_SOON: ['Receivers refuse it from then on.', 'Sign it anew: layercast sign, or layercast root for a root'],
  ROLE: [
    'Receivers take only what the keys of the root have signed.',
    'layercast root adds keys; layercast sign adds signatures',
  ],
  SERVER_KEY: [
    'Receivers cannot tell this server’s datagrams from a forger’s.',
    'layercast keygen --server prints the key for the fleet file',
  ],
  RATE: ['The interface drops what it cannot carry.', 'Lower the rates, or send fewer objects from this server'],
};

/** What the fleet file says that is wrong here, with roots and releases that have expired or will within 30 days. */
export function fleet({ fleet: facts, needs }: HostFacts): readonly Judgement[] {
  if (facts === undefined) return [];
  const told = facts.warnings.filter(({ code }) => !SAID_ELSEWHERE.includes(code));
  if (told.length === 0) return [ok('the fleet file fits this host')];
  return told.map((one) => judged(one, needs.sends));
}

function judged({ code, path, message }: ConfigWarning, sends: boolean): Judgement {
  const where = path.length === 0 ? '' : `${path.join('.')}: `;
  const [why, remedy] = ADVICE[code] ?? [
    'This setting is allowed and probably a mistake.',
    `Correct ${path.length === 0 ? 'the fleet file' : path.join('.')}`,
  ];
  const as = sends && KEEPS_FROM_SENDING.includes(code) ? failure : warning;
  return as(`${where}${message}`, why, remedy);
}
