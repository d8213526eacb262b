// The Debian package: the program with its optional packages below /usr/lib/layercast, manual pages, completions, units of systemd. It has no scripts:
// installing it starts nothing. Its units have users of their own (DynamicUser).
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { optionalPackages } from './optional-packages.mjs';

const top = fileURLToPath(new URL('../..', import.meta.url));

/** What packages carry and no running program needs: sources and other C libraries of koffi, settings of tools, types. */
const NOT_NEEDED =
  /\/koffi\/(doc|lib|vendor|cnoke\.cjs|CHANGELOG\.md)|\/koffi\/src\/.*\.(cc|hh|h|S|asm|txt)$|\/musl_|\/\.eslintrc|node_modules\/.*\.d\.[cm]?ts$/;

const COMPLETIONS = {
  bash: 'usr/share/bash-completion/completions/layercast',
  zsh: 'usr/share/zsh/vendor-completions/_layercast',
  fish: 'usr/share/fish/vendor_completions.d/layercast.fish',
};

/**
 * Writes `layercast_VERSION_ARCHITECTURE.deb` into a folder; nothing where `dpkg-deb` is missing.
 *
 * @param staged the folder of the npm package
 * @param builtS time of the build, Unix time
 * @param isQuick whether the package need not be small: xz takes ten seconds
 */
export async function writeDebianPackage(staged, folder, builtS, isQuick) {
  if (!existsSync('/usr/bin/dpkg-deb')) return;
  const { version } = JSON.parse(readFileSync(join(staged, 'package.json'), 'utf8'));
  const root = mkdtempSync(join(tmpdir(), 'layercast-deb-'));
  try {
    putProgram(staged, root);
    putDocuments(staged, root, version, builtS);
    for (const unit of readdirSync(join(staged, 'config/systemd')))
      copy(join(staged, 'config/systemd', unit), join(root, 'usr/lib/systemd/system', unit));
    const architecture = execFileSync('dpkg', ['--print-architecture'], { encoding: 'utf8' }).trim();
    put(join(root, 'DEBIAN/control'), control({ version, architecture, kilobytes: kilobytesOf(root) }));
    execFileSync('chmod', ['-R', 'u=rwX,go=rX', root]);
    const file = join(folder, `layercast_${version}_${architecture}.deb`);
    const env = { ...process.env, SOURCE_DATE_EPOCH: String(builtS) };
    const compression = isQuick ? ['-Zgzip', '-z1'] : ['-Zxz'];
    execFileSync('dpkg-deb', ['--root-owner-group', ...compression, '--build', root, file], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  } finally {
    rmSync(root, { recursive: true });
  }
}

function putProgram(staged, root) {
  const program = join(root, 'usr/lib/layercast');
  for (const name of ['package.json', 'dist']) copy(join(staged, name), join(program, name));
  rmSync(join(program, 'dist/man'), { recursive: true });
  for (const path of optionalPackages())
    copy(join(top, path), join(program, path), (source) => !NOT_NEEDED.test(source.slice(top.length)));
  mkdirSync(join(root, 'usr/bin'), { recursive: true });
  symlinkSync('../lib/layercast/dist/cli/main.js', join(root, 'usr/bin/layercast'));
}

function putDocuments(staged, root, version, builtS) {
  for (const page of readdirSync(join(staged, 'dist/man')))
    put(join(root, `usr/share/man/man1/${page}.gz`), zipped(readFileSync(join(staged, 'dist/man', page))));
  for (const [shell, path] of Object.entries(COMPLETIONS)) {
    const main = join(staged, 'dist/cli/main.js');
    put(join(root, path), execFileSync(process.execPath, [main, 'completion', shell], { encoding: 'utf8' }));
  }
  const documents = join(root, 'usr/share/doc/layercast');
  for (const name of ['README.md', 'SECURITY.md']) copy(join(staged, name), join(documents, name));
  for (const name of ['config', 'examples'])
    copy(join(staged, name), join(documents, 'examples'), (source) => !source.endsWith('/systemd'));
  const date = new Date(builtS * 1000).toUTCString().replace('GMT', '+0000');
  const changes = `layercast (${version}) unstable; urgency=medium\n\n  * New version.\n\n -- The layercast authors <layercast@localhost>  ${date}\n`;
  put(join(documents, 'changelog.gz'), zipped(changes));
  const licences = [join(staged, 'LICENSE'), join(staged, 'dist/licences.txt')].map((path) => readFileSync(path, 'utf8'));
  put(join(documents, 'copyright'), licences.join('\n'));
}

function control({ version, architecture, kilobytes }) {
  return `Package: layercast
Version: ${version}
Architecture: ${architecture}
Maintainer: The layercast authors <layercast@localhost>
Installed-Size: ${kilobytes}
Depends: nodejs (>= 20.19), libc6
Section: net
Priority: optional
Description: files to many machines over IPv6 multicast
 Servers send a file on several multicast groups of different rates. A receiver
 joins the groups that its link can carry, repairs losses with an erasure code,
 and verifies the file. The servers need no answer from receivers.
`;
}

function kilobytesOf(root) {
  return Number(execFileSync('du', ['-sk', '--apparent-size', root], { encoding: 'utf8' }).split('\t')[0]);
}

function zipped(content) {
  return gzipSync(content, { level: 9 });
}

function put(path, content) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

function copy(from, to, filter = () => true) {
  cpSync(from, to, { recursive: true, filter, dereference: true });
}
