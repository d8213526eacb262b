/**
 * Constants of the format, and limits that more than one folder needs. Each is defined here and nowhere else.
 * docs/wire-format.md explains them.
 */

/** The header in front of every datagram (src/wire/header.ts). */
export const HEADER_BYTES = 48;

/** The headers of a packet in front of a datagram: 40 bytes of IPv6 (RFC 8200, section 3) and 8 of UDP (RFC 768). */
export const IP_AND_UDP_BYTES = 48;

/**
 * Bytes of a full packet beside its symbol. Rates include these bytes, because links carry them. (Link layers add headers of
 * their own, which differ from hop to hop.)
 */
export const PACKET_OVERHEAD_BYTES = IP_AND_UDP_BYTES + HEADER_BYTES;

/** With the overhead, a symbol of this size fills IPv6's minimum MTU of 1280 bytes (RFC 8200, section 5), which every link has. */
export const DEFAULT_SYMBOL_BYTES = 1184;

/** One symbol and its header fill at most one jumbo frame of 9000 bytes. */
export const MAX_SYMBOL_BYTES = 8900;

/** RFC 6330, section 5.1.2 (K'_max): the most source symbols that a block can have. */
export const MAX_BLOCK_SYMBOLS = 56_403;

/** RFC 6330, section 3.2: an ESI is an unsigned integer of 24 bits. */
export const MAX_ESI = 2 ** 24 - 1;

/** The header's field for the size has 48 bits: 256 TiB. */
export const MAX_OBJECT_BYTES = 2 ** 48 - 1;

/** Symbol numbers stay exact in 32-bit bitmaps: 2^32 symbols of 1184 bytes are 5 TB. */
export const MAX_SYMBOLS = 2 ** 32;

/**
 * Most channels of an object. A set of channels fits a 32-bit word, and their descriptor fits a few datagrams. Where every third
 * level doubles the rate (src/rate/ladder/ladder.ts), 32 levels span a factor of more than 1000.
 */
export const MAX_CHANNELS = 32;

/** Most servers of a fleet: the header has one byte for the index, and 255 means none. */
export const MAX_SERVERS = 255;

/** Most UTF-8 bytes of a fleet's or a server's name, which people type and read in lists. */
export const MAX_NAME_BYTES = 63;

/** Most UTF-8 bytes of an object's name. */
export const MAX_OBJECT_NAME_BYTES = 255;

/** Most classes of devices that an object is for, or that a device belongs to: enough for a model, its revisions and its family. */
export const MAX_CLASSES = 16;

/** Most files of older versions that a fleet file or a receiver names: each is read whole. */
export const MAX_SEEDS = 16;

/** Most addresses and prefixes that a list of those who may change something has: more than anybody writes, and few enough to compare each request with. */
export const MAX_PREFIXES = 1000;

/** Most servers of the web that a receiver asks, one after the other. */
export const MAX_FILL_URLS = 16;

/** A descriptor's number for the version has 48 bits. */
export const MAX_VERSION = 2 ** 48 - 1;

/** RFC 768: a port is an unsigned integer of 16 bits. */
export const MAX_PORT = 65_535;

/** Time between two announcements of an object, unless a fleet says otherwise. */
export const DEFAULT_ANNOUNCE_INTERVAL_US = 1_000_000;

/**
 * How long a receiver that hears nothing waits before it gives up, unless told otherwise. A lossy link lets an announcement
 * through in this time, and a person can wait for it.
 */
export const DEFAULT_PATIENCE_US = 30_000_000;

/** A digest is a SHA-256 (FIPS 180-4). */
export const DIGEST_BYTES = 32;

/**
 * Bytes of a file that are read, hashed or written before other work of the process has its turn. With pieces of this size, the
 * event loop is late by 0.2 to 0.5 ms more than when idle (99th percentile), at 940 MB/s. Pieces of 64 KiB make it no less late,
 * at 670 MB/s (2 cores, Node 20).
 */
export const FILE_PIECE_BYTES = 512 * 1024;

/** Subscriptions of an agent: more than any device takes, so that a file is read in bounded time. */
export const MAX_SUBSCRIPTIONS = 1000;

/**
 * The longest signed record. The longest descriptor of today, with 32 channels, as many of its delta, and 255 servers that each list all channels and have a key, has
 * 44,919 bytes when signed once. The rest is for what later versions add.
 */
export const MAX_RECORD_BYTES = 65_536;
