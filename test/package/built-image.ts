import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One instruction of a container file: its word and the rest of its line. */
export interface Instruction {
  readonly word: string;
  readonly rest: string;
}

export function instructionsOf(file: string): readonly Instruction[] {
  const lines = readFileSync(file, 'utf8').replace(/\\\n/g, ' ').split('\n');
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [word = ''] = line.split(' ');
      return { word, rest: line.slice(word.length).trim() };
    });
}

/** Lays a layer over this host's own files, for the processes of one namespace: what is written there is gone with them. */
const LAY = `
set -e
mount -t tmpfs none "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
mount -t proc proc "$1/root/proc"
mount --bind /dev "$1/root/dev"
`;

/** Why no layer can be laid over this host's files; undefined if it can. @param folder is empty */
export function layerFault(folder: string): string | undefined {
  const { status, stderr, error } = inNamespace(LAY, folder);
  return status === 0 ? undefined : String(error?.message ?? stderr);
}

/**
 * Does what a container file says, in a layer over this host's files, which take the place of the image that it begins with: they have Node and npm,
 * too. There is no network, so npm leaves optional packages out.
 *
 * @param context the folder with the container file, and nothing else is copied from
 * @param layer an empty folder
 * @param then commands of the shell that are run in the container, by the user and in the folder that the file names
 * @returns what they print, in the order of `then`, after what the entry point prints for the file's own CMD
 */
export function builtImage(context: string, layer: string, then: readonly string[]): readonly string[] {
  const script = [LAY, 'root="$1/root"', 'id node >/dev/null 2>&1 || useradd -R "$root" -o -u 1000 -m node'];
  // As in the images of Node, user 1000 too.
  const environment = ['PATH=/usr/local/bin:/usr/bin:/bin', 'npm_config_prefix=/usr/local'];
  const offline = ['npm_config_offline=true', 'npm_config_omit=optional', 'HOME=/root'];
  let [user, folder, entry, command] = ['root', '/', '', ''];
  const enter = (text: string, more: readonly string[] = []) =>
    `chroot --userspec=${user} "$root" env -i ${[...environment, ...more].join(' ')} sh -ec ${quoted(`cd ${folder}; ${text}`)}`;
  for (const { word, rest } of instructionsOf(join(context, 'Containerfile'))) {
    const words = rest.split(/\s+/);
    if (word === 'COPY')
      script.push(
        `cp ${words
          .slice(0, -1)
          .map((one) => `${quoted(context)}/${one}`)
          .join(' ')} "$root"${words.at(-1)}`,
      );
    else if (word === 'RUN') script.push(`${enter(rest, offline)} >&2`);
    else if (word === 'ENV') environment.push(...words);
    else if (word === 'VOLUME') script.push(`mkdir -p "$root"${rest}`);
    else if (word === 'USER') user = rest;
    else if (word === 'ENTRYPOINT') entry = shellOf(rest);
    else if (word === 'CMD') command = shellOf(rest);
    else if (word === 'WORKDIR') {
      folder = rest;
      script.push(`mkdir -p "$root"${rest}`);
    } else if (word !== 'FROM') throw new Error(`unknown instruction ${word}`);
  }
  for (const text of [`${entry} ${command}`, ...then]) script.push(enter(text), `printf '\\0'`);
  const { status, stdout, stderr } = inNamespace(script.join('\n'), layer);
  if (status !== 0) throw new Error(`${status}: ${stderr}`);
  return stdout.split('\0').slice(0, -1);
}

function inNamespace(script: string, folder: string) {
  const namespaces = ['--mount', '--pid', '--fork', '--net', '--propagation', 'private'];
  return spawnSync('unshare', [...namespaces, 'sh', '-ec', script, 'sh', folder], { encoding: 'utf8' });
}

/** `["layercast"]` as words of a shell. */
function shellOf(json: string): string {
  return (JSON.parse(json) as readonly string[]).map(quoted).join(' ');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
