// What the npm package consists of, as CycloneDX: what `npm sbom` says, of the packages that users get.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const top = fileURLToPath(new URL('../..', import.meta.url));

/**
 * @param bundled folders of the packages whose code is in the bundle
 * @param builtS time of the build, Unix time
 * @returns a CycloneDX document: bundled packages are `required`, those that npm installs beside them `optional`
 */
export function billOfMaterials(bundled, builtS) {
  const options = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'];
  const all = JSON.parse(execFileSync('npm', options, { cwd: top, encoding: 'utf8', maxBuffer: 2 ** 26 }));
  const required = new Set(bundled.map(nameOf));
  const components = all.components
    .filter((one) => required.has(one['bom-ref']) || !isForDevelopment(one))
    .map(({ properties: _, externalReferences: __, ...one }) => ({
      ...one,
      scope: required.has(one['bom-ref']) ? 'required' : 'optional',
    }));
  const names = new Set([all.metadata.component['bom-ref'], ...components.map((one) => one['bom-ref'])]);
  const dependencies = all.dependencies
    .filter(({ ref }) => names.has(ref))
    .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((one) => names.has(one)) }));
  const { component, ...metadata } = all.metadata;
  return {
    ...all,
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify(components))}`,
    metadata: {
      ...metadata,
      timestamp: new Date(builtS * 1000).toISOString(),
      component: { ...component, name: 'layercast', type: 'application' },
    },
    components,
    dependencies,
  };
}

function isForDevelopment({ properties = [] }) {
  return properties.some(({ name, value }) => name === 'cdx:npm:package:development' && value === 'true');
}

function nameOf(folder) {
  const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return `${name}@${version}`;
}

/** A UUID of version 8 (RFC 9562) made of a text's hash, so that the same packages give the same document. */
function uuidOf(text) {
  const bytes = createHash('sha256').update(text).digest().subarray(0, 16);
  bytes[6] = (bytes[6] & 0x0f) | 0x80;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
