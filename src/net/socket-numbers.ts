/**
 * Numbers of Linux's <sys/socket.h>, <fcntl.h>, <netinet/in.h>, <netinet/udp.h> and <time.h>. They are the same on every machine
 * type that koffi runs on. (MIPS, SPARC, Alpha and PA-RISC have others.)
 */
export const SOCK_DGRAM = 2;
export const SOCK_CLOEXEC = 0o2000000;
export const SOCK_NONBLOCK = 0o4000;
export const O_CLOEXEC = 0o2000000;
/** Opens a path without the right to read it. */
export const O_PATH = 0o10000000;

export const SOL_SOCKET = 1;
export const SO_REUSEADDR = 2;
export const SO_SNDBUF = 7;
export const SO_RCVBUF = 8;
/** The size of a buffer beyond the system's limit; needs CAP_NET_ADMIN. */
export const SO_SNDBUFFORCE = 32;
export const SO_RCVBUFFORCE = 33;
/** A program that chooses packets, as a struct sock_fprog. */
export const SO_ATTACH_FILTER = 26;
/** Arrival times as two numbers of C's type long. Also the type of the control message. */
export const SO_TIMESTAMPNS = 35;
/** The number of dropped datagrams with each datagram. Also the type of the control message. */
export const SO_RXQ_OVFL = 40;

export const IPPROTO_IPV6 = 41;
export const IPV6_MULTICAST_IF = 17;
export const IPV6_MULTICAST_HOPS = 18;
export const IPV6_MULTICAST_LOOP = 19;
export const IPV6_JOIN_GROUP = 20;
export const IPV6_LEAVE_GROUP = 21;
/** Whether a socket also hears groups that only other sockets have joined. Since Linux 4.20. */
export const IPV6_MULTICAST_ALL = 29;
export const MCAST_JOIN_SOURCE_GROUP = 46;
export const MCAST_LEAVE_SOURCE_GROUP = 47;
export const IPV6_TCLASS = 67;

export const IPPROTO_UDP = 17;
/** The system cuts what is sent in one call into datagrams of this length. Since Linux 4.18. */
export const UDP_SEGMENT = 103;
/** The system puts datagrams of one source together. Since Linux 5.0. Also the type of the control message. */
export const UDP_GRO = 104;

export const AF_PACKET = 17;
export const SOL_PACKET = 263;
export const PACKET_ADD_MEMBERSHIP = 1;
export const PACKET_DROP_MEMBERSHIP = 2;
/** Of a struct packet_mreq: one multicast address of the link. */
export const PACKET_MR_MULTICAST = 0;
/** Protocol of IPv6 packets on a link (<linux/if_ether.h>). */
export const ETH_P_IPV6 = 0x86dd;

export const MSG_PEEK = 2;
export const MSG_CTRUNC = 8;
export const MSG_TRUNC = 0x20;
export const MSG_DONTWAIT = 0x40;

export const CLOCK_REALTIME = 0;

/** Of poll(2): there is something to read. */
export const POLLIN = 1;
