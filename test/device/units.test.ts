import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const units = fileURLToPath(new URL('../../config/systemd/', import.meta.url));

const UNITS = ['agent', 'gateway', 'manager'].map((name) => `layercast-${name}.service`);

describe.each([...UNITS, 'layercast@.service'])('the unit %s', (name) => {
  const text = readFileSync(join(units, name), 'utf8');

  it('starts after the network, restarts after failures, and has no rights', () => {
    for (const setting of [
      'After=network-online.target',
      'StartLimitIntervalSec=0',
      'Restart=on-failure',
      'DynamicUser=yes',
      'CapabilityBoundingSet=',
      'NoNewPrivileges=yes',
      'ProtectSystem=strict',
      'WantedBy=multi-user.target',
    ])
      expect(text.split('\n')).toContain(setting);
  });

  it.runIf(UNITS.includes(name))(
    'lets its program speak IPv4, too, as brokers, clients and servers of the web do',
    () => {
      expect(text).toMatch(/^RestrictAddressFamilies=AF_INET AF_INET6 /m);
    },
  );

  it.skipIf(!existsSync('/usr/bin/systemd-analyze'))('is one that systemd understands', () => {
    const folder = mkdtempSync(join(tmpdir(), 'layercast-units-'));
    const path = join(folder, name);
    writeFileSync(path, text.replace('/usr/bin/layercast', process.execPath));
    const said = execFileSync('systemd-analyze', ['verify', path], { encoding: 'utf8', stdio: 'pipe' });
    rmSync(folder, { recursive: true, force: true });
    expect(said).not.toContain(name);
  });
});
