import { readFile } from 'node:fs/promises';
import { dateText } from '../../base/date-text.js';
import type { FleetObject } from '../../fleet/fleet.js';
import type { ConfigWarning } from '../../fleet/warnings.js';
import { unpackDescriptor } from '../../wire/descriptor-reader.js';
import { peekRecord } from '../../wire/signature.js';
import { expiresSoon } from '../records/expiry.js';
import { recordPath } from '../records/records.js';

/** Warnings about objects whose record is missing, unusable, expired or soon to expire. */
export async function recordWarnings(
  folder: string,
  objects: readonly FleetObject[],
  nowS: number,
): Promise<readonly ConfigWarning[]> {
  const found = await Promise.all(objects.map((object) => warningFor(folder, object, nowS)));
  return found.filter((warning) => warning !== undefined);
}

async function warningFor(folder: string, object: FleetObject, nowS: number): Promise<ConfigWarning | undefined> {
  const { name } = object;
  const file = recordPath(folder, name);
  const record = await readFile(file).catch(() => undefined);
  const body = record === undefined ? undefined : peekRecord(record);
  const descriptor = body === undefined ? undefined : unpackDescriptor(body);
  const path = ['records'];
  if (record === undefined) return { code: 'RECORD', path, message: `no record of ${name} on this host: ${file}` };
  if (descriptor === undefined) return { code: 'RECORD', path, message: `${file} is not a signed record` };
  if (descriptor.version !== object.version) {
    const message = `the record of ${name} is of version ${descriptor.version}, the fleet file says ${object.version}`;
    return { code: 'RECORD', path, message };
  }
  const { createdS, expiresS } = descriptor;
  if (expiresS === undefined || !expiresSoon(createdS, expiresS, nowS)) return undefined;
  const verb = expiresS <= nowS ? 'expired' : 'expires';
  const message = `the record of ${name} ${verb} at ${dateText(expiresS)}; sign it anew`;
  return { code: expiresS <= nowS ? 'EXPIRED' : 'EXPIRES_SOON', path, message };
}
