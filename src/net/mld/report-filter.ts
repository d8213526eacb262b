/** Instructions of Linux's socket filters (<linux/bpf_common.h>): load a byte, compare, compute, end. */
const LOAD_BYTE = 0x30;
const LOAD_BYTE_AT_X = 0x50;
const JUMP_IF_EQUAL = 0x15;
const ADD = 0x04;
const SHIFT_LEFT = 0x64;
const COPY_TO_X = 0x07;
const RETURN = 0x06;

/** Where the fields of IPv6 and of its hop-by-hop header are (RFC 8200, sections 3 and 4.3). */
const NEXT_HEADER = 6;
const HOP_LIMIT = 7;
const IPV6_BYTES = 40;
const ICMPV6 = 58;
/** ICMPv6 types of MLD: query, report and done of version 1, report of version 2 (RFC 9777). */
const TYPES = [130, 131, 132, 143];

const WHOLE = 0xffff;

interface Instruction {
  readonly code: number;
  /** The number that it works with. */
  readonly value: number;
  /** Instructions that a comparison skips: if equal, and if not. */
  readonly skips?: readonly [number, number];
}

/**
 * A filter that lets packets of MLD through to a packet socket, and nothing else: IPv6 packets with hop limit 1, whose hop-by-hop header is followed by
 * ICMPv6 of one of these types. So packets of other kinds, however many there are, never wake the program.
 *
 * @returns an array of struct sock_filter
 */
export function reportFilter(): Uint8Array {
  const program: Instruction[] = [];
  const fixed: readonly (readonly [at: number, value: number])[] = [
    [NEXT_HEADER, 0],
    [HOP_LIMIT, 1],
    [IPV6_BYTES, ICMPV6],
  ];
  // All comparisons jump to the last two instructions: take, refuse.
  const length = 2 * fixed.length + 5 + TYPES.length + 2;
  const refuseFrom = (index: number) => length - 2 - index;
  for (const [at, value] of fixed) {
    program.push({ code: LOAD_BYTE, value: at });
    program.push({ code: JUMP_IF_EQUAL, value, skips: [0, refuseFrom(program.length)] });
  }
  // The header's length counts units of 8 bytes after the first.
  program.push({ code: LOAD_BYTE, value: IPV6_BYTES + 1 });
  program.push({ code: ADD, value: 1 });
  program.push({ code: SHIFT_LEFT, value: 3 });
  program.push({ code: COPY_TO_X, value: 0 });
  program.push({ code: LOAD_BYTE_AT_X, value: IPV6_BYTES });
  for (const [i, value] of TYPES.entries()) {
    const isLast = i === TYPES.length - 1;
    program.push({ code: JUMP_IF_EQUAL, value, skips: [TYPES.length - 1 - i, isLast ? 1 : 0] });
  }
  program.push({ code: RETURN, value: WHOLE }, { code: RETURN, value: 0 });
  return packed(program);
}

/** A struct sock_filter has 16 bits of code, two skips of 8 bits, and 32 bits of value, in the machine's byte order. */
function packed(program: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(8 * program.length);
  for (const [i, { code, value, skips = [0, 0] }] of program.entries()) {
    bytes.set(new Uint8Array(Uint16Array.of(code).buffer), 8 * i);
    bytes.set(skips, 8 * i + 2);
    bytes.set(new Uint8Array(Uint32Array.of(value).buffer), 8 * i + 4);
  }
  return bytes;
}
