import { join } from 'node:path';

/** A folder of the state directory. */
interface Part {
  /** What it holds, for people. */
  readonly what: string;
  /** Whether all of it is made again when it is needed, so that removing it costs nothing but time. */
  readonly isRemade: boolean;
}

/** The folders of the state directory; `.` stands for the files beside them. */
export const STATE_PARTS = {
  digests: { what: 'hashes of files', isRemade: true },
  intermediate: { what: 'intermediate symbols of objects that are sent', isRemade: true },
  deltas: { what: 'deltas that are sent', isRemade: true },
  spool: { what: 'copies of folders and input that are sent', isRemade: false },
  serving: { what: 'locks of servers', isRemade: false },
  streams: { what: 'unfinished fetches to a pipe', isRemade: false },
  devices: { what: 'progress of fetches to devices', isRemade: false },
  trees: { what: 'folders that fetches have made', isRemade: false },
  completed: { what: 'versions that were received', isRemade: false },
  trust: { what: 'roots that are trusted', isRemade: false },
  agent: { what: 'journals of agents', isRemade: false },
  manager: { what: 'the database of a manager', isRemade: false },
  '.': { what: 'key of the server, journals of fetches', isRemade: false },
} as const satisfies Readonly<Record<string, Part>>;

export type StatePart = keyof typeof STATE_PARTS;

export function statePart(stateDir: string, part: StatePart): string {
  return join(stateDir, part);
}
