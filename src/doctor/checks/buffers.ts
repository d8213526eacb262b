import { formatQuantity, SIZE } from '../../base/units.js';
import { type Judgement, ok, warning } from '../finding.js';
import type { HostFacts } from '../host-facts.js';

/** Whether the system grants the socket buffers that servers and receivers ask for. */
export function buffers({ buffers: grants, needs }: HostFacts): readonly Judgement[] {
  if (grants === undefined) return [];
  const found = [
    ...(grants.receive.grantedBytes < grants.receive.askedBytes ? [small('receive', grants.receive)] : []),
    ...(needs.sends && grants.send.grantedBytes < grants.send.askedBytes ? [small('send', grants.send)] : []),
  ];
  return found.length > 0 ? found : [ok(`receive buffers have ${sizeOf(grants.receive.grantedBytes)}`)];
}

interface Grant {
  readonly askedBytes: number;
  readonly grantedBytes: number;
}

const EFFECTS = {
  receive:
    'What arrives while this host is busy for longer than the buffer lasts is lost, as if the network had lost it.',
  send: 'A server that is late cannot catch up in one go, so its bursts are cut.',
};

function small(kind: keyof typeof EFFECTS, { askedBytes, grantedBytes }: Grant): Judgement {
  // 1280 bytes a packet; the kernel counts about twice the bytes, and grants twice what was asked for.
  const lastsMs = Math.round((grantedBytes * 8) / 100e6 / 1e-3);
  const setting = kind === 'receive' ? 'net.core.rmem_max' : 'net.core.wmem_max';
  return warning(
    `a ${kind} buffer gets ${sizeOf(grantedBytes)} of the ${sizeOf(askedBytes)} asked for, which last ${lastsMs} ms at 100 Mbit/s`,
    EFFECTS[kind],
    `sysctl -w ${setting}=${askedBytes} (for good: a line in /etc/sysctl.d/)`,
  );
}

function sizeOf(bytes: number): string {
  return formatQuantity(SIZE, bytes);
}
