import { errnoOf, type Hint, LayercastError } from '../base/errors.js';
import type { AddressState } from './interfaces/interface-table.js';

/** The call that failed, as far as an explanation needs it. */
export interface Attempt {
  /** The call in words, such as "join [ff15::1]:4242". */
  readonly what: string;
  readonly port: number;
  readonly interface: string | undefined;
  /** The requested source address. */
  readonly source?: string | undefined;
  /** The state of that address, or the common state of all addresses that the system could choose. */
  readonly sourceState?: AddressState | undefined;
  readonly isSourceSpecific?: boolean;
}

/** What a system error means for a socket, and what the user can do about it. */
interface Explanation {
  readonly meaning: string;
  readonly hint: Hint;
}

/** The error for a socket that the system refused. A cause that is a `LayercastError` is returned as it is. */
export function networkError(attempt: Attempt, cause: unknown): LayercastError {
  if (cause instanceof LayercastError) return cause;
  const errno = errnoOf(cause);
  const { meaning, hint } = explain(errno, attempt);
  const where = attempt.interface === undefined ? 'by the default route' : `on ${attempt.interface}`;
  const said = errno ?? (cause instanceof Error ? cause.message : String(cause));
  return new LayercastError('NETWORK_UNAVAILABLE', `cannot ${attempt.what} ${where}: ${meaning} (${said})`, {
    hint,
    cause,
  });
}

/**
 * The meaning, in a few words, of a failure on a socket that was open and does not take datagrams any more.
 *
 * @param failure an errno name, or the code of a `LayercastError`
 */
export function meaningOf(failure: string): string {
  return explain(failure, { what: 'send', port: OPEN_PORT, interface: undefined }).meaning;
}

/** A port that needs no privileges: an open socket has passed that check already. */
const OPEN_PORT = 65535;

/** One table for senders and receivers: hints follow the error, not the call that failed. */
function explain(errno: string | undefined, attempt: Attempt): Explanation {
  const { port, interface: name, isSourceSpecific = false } = attempt;
  const link = name === undefined ? 'an interface' : `interface ${name}`;
  switch (errno) {
    case 'EADDRINUSE':
      return {
        meaning: `another program uses port ${port} exclusively`,
        hint: `End that program ("ss -ulpn sport = :${port}" names it), or use another port for the fleet, on all its hosts`,
      };
    case 'EADDRNOTAVAIL':
      return explainAddress(attempt, link);
    case 'UNKNOWN_INTERFACE':
    case 'ENODEV':
    case 'ENXIO':
      return {
        meaning: 'the interface or its source address is gone',
        hint: (say) => `Bring the interface back, or name another with ${say('interface')}`,
      };
    case 'ENETDOWN':
    case 'ENETUNREACH':
    case 'EHOSTUNREACH':
      return {
        meaning: 'no route leads to multicast groups',
        hint: (say) => `Bring ${link} up and give it an IPv6 address, or name another with ${say('interface')}`,
      };
    case 'EACCES':
    case 'EPERM':
      return {
        meaning: port < 1024 ? `this user may not use port ${port}` : 'this host does not permit this traffic',
        hint:
          port < 1024
            ? 'Use a port from 1024 on, or run with CAP_NET_BIND_SERVICE'
            : 'Allow the traffic in the firewall, and in whatever confines the program (container, sandbox, SELinux, AppArmor)',
      };
    case 'EMFILE':
      return {
        meaning: 'this process has too many open files',
        hint: 'Raise the limit of open files: "ulimit -n", in a systemd unit LimitNOFILE=; or use fewer channels',
      };
    case 'ENFILE':
      return {
        meaning: 'this host has too many open files',
        hint: 'Raise the limit of the host ("sysctl fs.file-max"), or end programs that hold many files open',
      };
    case 'ENOBUFS':
    case 'ENOMEM':
      return {
        meaning: 'the system has no memory left for this socket',
        hint: 'Join fewer channels or sources, or raise "sysctl net.ipv6.mld_max_msf" (sources of one group) and "net.core.optmem_max" (memory of one socket)',
      };
    case 'EMSGSIZE':
      return {
        meaning: `datagrams are larger than ${link} takes`,
        hint: 'Set a smaller symbolBytes in the fleet file, or raise the MTU of the interface',
      };
    case 'EAFNOSUPPORT':
    case 'EPROTONOSUPPORT':
      return {
        meaning: 'this system has IPv6 turned off',
        hint: 'Turn IPv6 on: remove "ipv6.disable=1" from the kernel\'s parameters, and set "sysctl net.ipv6.conf.all.disable_ipv6=0"',
      };
    case 'ENOPROTOOPT':
    case 'EOPNOTSUPP':
    case 'ENOTSUP':
    case 'ENOSYS':
      return {
        meaning: 'this system does not support this call',
        hint: isSourceSpecific
          ? 'Use a system with source-specific multicast (RFC 4607), or a fleet without "ssm: true"'
          : 'Use a system with IPv6 multicast',
      };
    case 'EINVAL':
      return {
        meaning: 'the system does not accept this combination of group, address and interface',
        hint: `Check that ${link} can do multicast ("ip link" shows MULTICAST) and that the group's scope and the address fit the interface`,
      };
    default:
      return {
        meaning: 'the system refused',
        hint: (say) =>
          `Check that ${link} is up and has an IPv6 address ("ip -6 addr"), or name another with ${say('interface')}`,
      };
  }
}

function explainAddress({ source, sourceState }: Attempt, link: string): Explanation {
  const address = source ?? 'the IPv6 address';
  if (sourceState === 'tentative') {
    return {
      meaning: `${address} is still tentative, because duplicate address detection has not ended`,
      hint: `Check that ${link} has a carrier (cable, radio), and try again; "ip -6 addr" shows the address as tentative until then`,
    };
  }
  if (sourceState === 'duplicate') {
    return {
      meaning: `${address} is also another host's address, as duplicate address detection found`,
      hint: `Give ${link} an address that no other host on the link has ("ip -6 addr" shows this one as dadfailed)`,
    };
  }
  if (source === undefined) {
    return {
      meaning: `${link} has no IPv6 address for this socket`,
      hint: (say) => `Give ${link} an IPv6 address, or name another with ${say('interface')}`,
    };
  }
  return {
    meaning: `${source} is not an address of this host`,
    hint: `Give the address to ${link}, or correct the address in the fleet file ("ip -6 addr" lists the addresses of this host)`,
  };
}
