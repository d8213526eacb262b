import { access, readFile } from 'node:fs/promises';
import type { FirewallFacts } from '../host-facts.js';
import { outputOf } from './output-of.js';

/** A chain as `nft -json list chains` lists it. */
interface ListedChain {
  readonly family?: string;
  readonly table?: string;
  readonly name?: string;
  readonly hook?: string;
  readonly policy?: string;
}

/** Which firewall there is. nft shows its rules to root only; others learn whether firewalld or ufw is on. */
export async function firewallFacts(): Promise<FirewallFacts> {
  const text = await outputOf('nft', ['-json', 'list', 'chains']);
  const seen = text === undefined ? undefined : firewallIn(text);
  if (seen !== undefined) return seen;
  if (
    await access('/run/firewalld.pid').then(
      () => true,
      () => false,
    )
  )
    return { program: 'firewalld', inputChain: undefined };
  const ufw = await readFile('/etc/ufw/ufw.conf', 'utf8').catch(() => '');
  return { program: /^ENABLED=yes/m.test(ufw) ? 'ufw' : undefined, inputChain: undefined };
}

/** The chain that arriving IPv6 packets pass, the strictest first; undefined if there is none. */
export function firewallIn(json: string): FirewallFacts | undefined {
  const chains = chainsIn(json).filter(
    ({ family, hook }) => hook === 'input' && (family === 'inet' || family === 'ip6'),
  );
  const chain = chains.find(({ policy }) => policy === 'drop') ?? chains[0];
  if (chain === undefined) return undefined;
  const inputChain = `${chain.family} ${chain.table} ${chain.name}`;
  if (chains.some(({ table }) => table === 'firewalld')) return { program: 'firewalld', inputChain };
  const isUfw = chainsIn(json).some(({ name }) => name?.startsWith('ufw6-') === true);
  return { program: isUfw ? 'ufw' : 'nft', inputChain };
}

function chainsIn(json: string): readonly ListedChain[] {
  try {
    const { nftables } = JSON.parse(json) as { readonly nftables?: readonly { readonly chain?: ListedChain }[] };
    return (nftables ?? []).flatMap(({ chain }) => (chain === undefined ? [] : [chain]));
  } catch {
    return [];
  }
}
