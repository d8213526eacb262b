import { DURATION, formatQuantity } from '../../base/units.js';

/** Says where a command listens, and for how long at most if it ends then. */
export function listeningText(where: {
  readonly group: string;
  readonly port: number;
  readonly interface: string | undefined;
  readonly forUs?: number;
}): string {
  const { group, port, interface: name, forUs } = where;
  const place = `listening on [${group}]:${port}${name === undefined ? '' : ` on ${name}`}`;
  return forUs === undefined ? place : `${place}, for up to ${formatQuantity(DURATION, forUs)}`;
}
