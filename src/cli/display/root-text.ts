import type { Missing } from '../../trust/root-signing.js';
import type { RootFile, RootVersion } from '../../trust/root-text.js';
import { keyIdOf } from '../../wire/public-key.js';
import { ROLES } from '../../wire/root.js';

/** What a root file says, for people. */
export function rootLines(path: string, { versions, draft }: RootFile, missing: readonly Missing[]): readonly string[] {
  const newest = versions.at(-1);
  return [
    ...(newest === undefined ? [] : versionLines(`${path}: `, newest)),
    ...(draft === undefined ? [] : versionLines(newest === undefined ? `${path}: draft of ` : 'draft of ', draft)),
    ...missing.map(({ version, count, keyIds }) => {
      const keys = `key${keyIds.length === 1 ? '' : 's'} ${keyIds.join(', ')}`;
      return `  not valid yet: ${count} more of version ${version} must sign: ${keys} (layercast root sign)`;
    }),
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
    return [`  ${name.padEnd(9)} ${many.padEnd(12)} ${role.keyIds.join(', ')}`];
  });
  const signers = record.signatures.map(({ keyId }) => keyId).join(', ') || 'nobody';
  return [
    `${prefix}root of fleet ${root.fleet}, version ${root.version}, expires ${dateText(root.expiresS)}`,
    ...roles,
    `  signed by ${signers}`,
  ];
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

/** A time in seconds since 1970 as ISO 8601 has it; far times that JavaScript cannot write stay numbers. */
export function dateText(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? `${seconds} s after 1970` : date.toISOString();
}
