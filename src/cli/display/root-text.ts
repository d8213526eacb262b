import { dateText } from '../../base/date-text.js';
import type { Missing } from '../../trust/root-signing.js';
import type { RootFile, RootVersion } from '../../trust/root-text.js';
import { keyIdOf } from '../../wire/public-key.js';
import { ROLES } from '../../wire/root.js';

/** A key id has 16 characters; three of them, with commas, fit beside a role. */
const KEYS_ON_A_LINE = 3;

/** What a root file says, for people. */
export function rootLines(path: string, { versions, draft }: RootFile, missing: readonly Missing[]): readonly string[] {
  const newest = versions.at(-1);
  return [
    path,
    ...(newest === undefined ? [] : versionLines('', newest)),
    ...(draft === undefined ? [] : versionLines('draft of ', draft)),
    ...missing.flatMap(({ version, count, keyIds }) => [
      `  not valid yet: ${count} more of version ${version} must sign (layercast root sign)`,
      ...keyLines('', keyIds),
    ]),
  ];
}

/** What a root file says, for programs. */
export function rootFields(path: string, { versions, draft }: RootFile, missing: readonly Missing[]): object {
  return {
    path,
    versions: versions.map(versionFields),
    draft: draft === undefined ? null : { ...versionFields(draft), missing },
  };
}

function versionLines(prefix: string, { root, record }: RootVersion): readonly string[] {
  const roles = ROLES.flatMap((name) => {
    const role = root[name];
    if (role === undefined) return [];
    const many = `${role.threshold} of ${role.keyIds.length} key${role.keyIds.length === 1 ? '' : 's'}`;
    return keyLines(`${name.padEnd(9)} ${many}`, role.keyIds);
  });
  const signers = record.signatures.map(({ keyId }) => keyId);
  return [
    `${prefix}root of fleet ${root.fleet}`,
    `  version ${root.version}, expires ${dateText(root.expiresS)}`,
    ...roles,
    ...(signers.length === 0 ? ['  signed by nobody'] : keyLines('signed by', signers)),
  ];
}

/** Keys beside what they are for, as many on a line as fit in 80 columns. */
function keyLines(what: string, keyIds: readonly string[]): string[] {
  const starts = keyIds.flatMap((_, index) => (index % KEYS_ON_A_LINE === 0 ? [index] : []));
  return starts.map((start) => {
    const keys = keyIds.slice(start, start + KEYS_ON_A_LINE).join(', ');
    return `  ${(start === 0 ? what : '').padEnd(22)} ${keys}`;
  });
}

function versionFields({ root, record }: RootVersion): object {
  return {
    fleet: root.fleet,
    version: root.version,
    created: dateText(root.createdS),
    expires: dateText(root.expiresS),
    keys: root.keys.map((key) => ({ keyId: keyIdOf(key), publicKey: Buffer.from(key).toString('hex') })),
    roles: Object.fromEntries(ROLES.flatMap((name) => (root[name] === undefined ? [] : [[name, root[name]]]))),
    signers: record.signatures.map(({ keyId }) => keyId),
  };
}
