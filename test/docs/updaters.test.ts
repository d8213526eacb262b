import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { runProgram } from '../../dist/device/run-program.js';
import { parseAgentFile } from '../../dist/options/agent-file.js';
import { blocksOf } from './blocks.js';

const path = fileURLToPath(new URL('../../docs/updaters.md', import.meta.url));
const page = readFileSync(path, 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'layercast-updaters-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string) => join(folder, name);
const sh = (script: string) => execFileSync('sh', ['-ec', script], { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
const has = (...programs: readonly string[]) =>
  programs.filter((program) => spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0);

/** The program of the page for an updater, as its agent would run it, with paths of the page replaced by those of this test. */
async function takeOver(updater: string, file: string, replaced: Readonly<Record<string, string>> = {}) {
  const text = blocksOf(path, 'updaters.md').find(
    ({ code, language }) => language === 'yaml' && code.includes(updater),
  );
  const [subscription] = parseAgentFile(text!.code, 'agent.yaml').subscribe;
  const command = subscription!.run!.map((word) => replaced[word] ?? word);
  const lines: string[] = [];
  const target = { version: 2, sha256: 'ab'.repeat(32), sizeBytes: 1, path: file };
  const request = { command, fleet: 'acme', object: 'firmware', target, previousVersion: 1, attempt: 1 };
  const end = await runProgram({ ...request, timeoutUs: 60e6 }, { onLine: (line) => lines.push(line) }).done;
  return { end, lines };
}

function recipe(title: string, missing: readonly string[], test: () => Promise<void>) {
  const why = missing.length === 0 ? '' : ` (skipped: there is no ${missing.join(', ')})`;
  it.skipIf(missing.length > 0)(`${title}${why}`, { timeout: 60_000 }, test);
}

const DONE = { kind: 'exit', code: 0 };

describe('the recipes for updaters', () => {
  recipe('of OSTree takes a delta over, also a second time', has('ostree'), async () => {
    sh(`ostree --repo=pub init --mode=archive; mkdir old new; head -c 100000 /dev/urandom >old/big; cp old/big new; echo 2 >new/two
      ostree --repo=pub commit -b os --tree=dir=old >OLD; ostree --repo=pub commit -b os --tree=dir=new >NEW
      ostree --repo=dev init --mode=bare-user; ostree --repo=dev pull-local pub $(cat OLD) >pull.log 2>&1`);
    const publish = /^ {4}mkdir os\n( {4}.*\n)+/m.exec(page)![0];
    sh(publish.replaceAll('--repo=repo', '--repo=pub').replaceAll(/\b(OLD|NEW)\b/g, '$(cat $1)'));
    const script = /^ {4}#!\/bin\/sh -e\n( {4}.*\n)+/m.exec(page)![0].replaceAll(/^ {4}/gm, '');
    writeFileSync(at('apply'), script.replace('/ostree/repo', at('dev')));
    chmodSync(at('apply'), 0o755);
    for (const time of ['first', 'second']) {
      const { end, lines } = await takeOver('apply-ostree', at('os'), { '/usr/lib/acme/apply-ostree': at('apply') });
      expect([time, end, lines]).toEqual([time, DONE, lines]);
    }
    expect(sh('ostree --repo=dev cat acme/os two')).toBe('2\n');
  });

  const isRoot = process.getuid?.() === 0;
  const forDeploying = [...has('ostree', 'chattr'), ...(isRoot ? [] : ['root'])];
  recipe('of OSTree deploys what it took over, for the next boot', forDeploying, async () => {
    // What a kernel and an initramfs are to OSTree: files of these names. The device's root has no deployment yet.
    sh(`mkdir -p tree/usr/lib/modules/6.1 tree/usr/etc; echo k >tree/usr/lib/modules/6.1/vmlinuz; echo i >tree/usr/lib/modules/6.1/initramfs.img
      printf 'ID=acme\\nPRETTY_NAME=acme\\nVERSION_ID=1\\n' >tree/usr/lib/os-release; mkdir root delta
      ostree --repo=server init --mode=archive; ostree --repo=server commit -b os --tree=dir=tree >COMMIT; cp COMMIT delta/commit
      ostree --repo=server static-delta generate --empty --to=$(cat COMMIT) --inline --min-fallback-size=0 --filename=delta/delta
      ostree admin init-fs root; ostree admin os-init --sysroot=root acme`);
    const line = /^ {4}(ostree admin deploy) (.*)$/m.exec(page)!;
    const script = /^ {4}#!\/bin\/sh -e\n( {4}.*\n)+/m.exec(page)![0].replaceAll(/^ {4}/gm, '');
    const deploy = `${line[1]} --sysroot=${at('root')} ${line[2]}\n`;
    writeFileSync(at('deploy'), script.replace('/ostree/repo', at('root/ostree/repo')) + deploy);
    chmodSync(at('deploy'), 0o755);
    try {
      for (const time of ['first', 'second']) {
        const { end, lines } = await takeOver('apply-ostree', at('delta'), {
          '/usr/lib/acme/apply-ostree': at('deploy'),
        });
        expect([time, end, lines]).toEqual([time, DONE, lines]);
      }
      expect(sh('ostree admin status --sysroot=root')).toContain(readFileSync(at('COMMIT'), 'utf8').trim());
      expect(sh('cat root/boot/loader/entries/*.conf')).toContain('title acme');
    } finally {
      // Deployments are immutable.
      sh('chattr -R -i root 2>/dev/null || true');
    }
  });

  const mayLoop = isRoot && spawnSync('losetup', ['-f']).status === 0;
  const forRauc = [...has('rauc', 'mksquashfs', 'openssl', 'dbus-run-session'), ...(mayLoop ? [] : ['right to mount'])];
  recipe('of RAUC installs a plain bundle into the other slot', forRauc, async () => {
    sh(`openssl req -x509 -newkey rsa:2048 -nodes -keyout rauc.key -out rauc.pem -subj /CN=acme -days 2 2>/dev/null
      mkdir bundle mnt; head -c 100000 /dev/urandom >bundle/rootfs.img; truncate -s 1M slot0 slot1
      printf '[update]\\ncompatible=acme\\nversion=2\\n[image.rootfs]\\nfilename=rootfs.img\\n' >bundle/manifest.raucm
      rauc bundle --cert=rauc.pem --key=rauc.key bundle fw.raucb 2>/dev/null`);
    const slot = (n: number) => `[slot.rootfs.${n}]\ndevice=${at(`slot${n}`)}\ntype=raw\nbootname=${'AB'[n]}\n`;
    const system = `[system]\ncompatible=acme\nbootloader=noop\n[keyring]\npath=${at('rauc.pem')}\n${slot(0)}${slot(1)}`;
    writeFileSync(at('system.conf'), system);
    // The service on a bus of its own, and the program of the page beside it.
    writeFileSync(
      at('with-service'),
      `#!/bin/sh
export DBUS_STARTER_BUS_TYPE=session
rauc -c ${at('system.conf')} --override-boot-slot=A --mount=${at('mnt')} service &
service=$!; for i in $(seq 50); do rauc status >/dev/null 2>&1 && break; sleep 0.1; done
rauc "$@"; code=$?; kill $service; exit $code\n`,
    );
    writeFileSync(at('rauc-on-bus'), `#!/bin/sh\nexec dbus-run-session -- ${at('with-service')} "$@"\n`);
    for (const name of ['with-service', 'rauc-on-bus']) chmodSync(at(name), 0o755);
    const { end, lines } = await takeOver('rauc', at('fw.raucb'), { rauc: at('rauc-on-bus') });
    expect(end, lines.join('\n')).toEqual(DONE);
    const image = readFileSync(at('bundle/rootfs.img'));
    expect(readFileSync(at('slot1')).subarray(0, image.length).equals(image)).toBe(true);
  });

  recipe('of SWUpdate installs a signed file', has('swupdate', 'cpio', 'openssl'), async () => {
    mkdirSync(at('installed'));
    sh(`openssl req -x509 -newkey rsa:2048 -nodes -keyout swu.key -out swu.pem -subj /CN=acme -days 2 2>/dev/null
      head -c 5000 /dev/urandom >data; sum=$(sha256sum data | cut -d' ' -f1)
      printf 'software = { version = "2"; hardware-compatibility: [ "1" ];
        files: ( { filename = "data"; path = "${at('installed/data')}"; sha256 = "%s"; } ); }' "$sum" >sw-description
      openssl cms -sign -in sw-description -out sw-description.sig -signer swu.pem -inkey swu.key -outform DER -nosmimecap -binary
      printf 'sw-description\\nsw-description.sig\\ndata\\n' | cpio -o -H crc >fw.swu 2>/dev/null`);
    const take = () => takeOver('swupdate', at('fw.swu'), { '/etc/acme/update.pem': at('swu.pem') });
    let taken = await take();
    // On a busy machine Debian's SWUpdate sometimes ends with 1 after it has said that it was successful; an agent then runs it again.
    for (let again = 0; again < 2 && taken.end.kind === 'exit' && taken.end.code === 1; again++) {
      expect(taken.lines.join('\n')).toContain('SWUPDATE successful');
      taken = await take();
    }
    expect(taken.end, taken.lines.join('\n')).toEqual(DONE);
    expect(readFileSync(at('installed/data')).equals(readFileSync(at('data')))).toBe(true);
  });
});
