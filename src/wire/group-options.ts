/** What a fleet chooses about its multicast groups. `groupOf` in address.ts makes groups of names by these choices. */

/** Multicast scopes by name, and the hexadecimal digit that stands for each in an address (RFC 7346, section 2). */
export const SCOPE_DIGITS = {
  interface: '1',
  link: '2',
  admin: '4',
  site: '5',
  organization: '8',
  global: 'e',
} as const;

/** How far a group's datagrams may travel. */
export type Scope = keyof typeof SCOPE_DIGITS;
export const SCOPES = Object.keys(SCOPE_DIGITS) as readonly Scope[];
export const DEFAULT_SCOPE: Scope = 'site';

/** Which hash turns a channel's name into a group: ours, or the one that finds the same groups as Librecast 0.5. */
export type GroupHash = 'sha3-512' | 'blake3';
export const GROUP_HASHES: readonly GroupHash[] = ['sha3-512', 'blake3'];
export const DEFAULT_GROUP_HASH: GroupHash = 'sha3-512';

/** The UDP port of channels, announcements and the directory, unless a fleet says otherwise; Librecast's. */
export const DEFAULT_PORT = 4242;

export interface GroupOptions {
  readonly scope: Scope;
  readonly hash: GroupHash;
  /** Source-specific (RFC 4607) instead of any-source. */
  readonly ssm: boolean;
}
