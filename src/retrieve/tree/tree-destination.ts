import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, open, rm, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { LayercastError } from '../../base/errors.js';
import { systemError } from '../../base/system-error.js';
import type { ObjectStore } from '../../receiver/assemble/object-store.js';
import type { Opened } from '../../receiver/destination.js';
import { freeBytesFor } from '../../store/free-space.js';
import { readFully } from '../../store/handle-io.js';
import type { PartFile } from '../../store/part/part-file.js';
import { TreeArchive } from '../../tree/archive.js';
import { unpackTree } from '../../tree/unpack.js';
import type { Descriptor } from '../../wire/descriptor.js';
import type { BlockRestorer } from '../block-restorer.js';
import { notDecrypted } from '../decryption.js';
import { WorkingDestination } from '../working-destination.js';
import { WorkingFiles, type WorkingFilesOptions } from '../working-files.js';
import { hasTree } from './has-tree.js';
import { OwnedFolders } from './owned-folders.js';
import { type FolderNames, namesOf, recoverFolder, swapFolders } from './swap-folders.js';
import { openTreeOutput, requireUnmounted } from './tree-output.js';

/**
 * The folder that a tree becomes. The archive is received into `DIR.part`, unpacked into `DIR.part.new`, and that folder gets the name DIR in
 * one step. A cut at any moment leaves all of the former folder or all of the new, and an archive that is whole is not received again.
 */
export class TreeDestination extends WorkingDestination {
  readonly path: string;
  readonly #names: FolderNames;
  readonly #owned: OwnedFolders;
  readonly #signal: AbortSignal;

  private constructor(path: string, folder: string, files: WorkingFiles, { stateDir, signal }: WorkingFilesOptions) {
    super(files);
    this.path = path;
    this.#names = namesOf(folder);
    this.#owned = new OwnedFolders(stateDir);
    this.#signal = signal;
  }

  /** @throws {LayercastError} as `openTreeOutput` and `WorkingFiles.open`; `USAGE` for a folder with files that no fetch has put there */
  static async open(output: string, options: WorkingFilesOptions): Promise<TreeDestination> {
    const { path, exists } = await openTreeOutput(output);
    await new OwnedFolders(options.stateDir).requireReplaceable(path);
    const files = await WorkingFiles.open(path, exists, options);
    try {
      const destination = new TreeDestination(resolve(output), path, files, options);
      await recoverFolder(destination.#names, destination.#owned);
      return destination;
    } catch (error) {
      await files[Symbol.asyncDispose]();
      throw error;
    }
  }

  async open(descriptor: Descriptor, restorer: BlockRestorer): Promise<Opened> {
    const { fleet, object, tree } = descriptor;
    if (descriptor.encryption !== undefined) return { kind: 'refused', error: notDecrypted(descriptor) };
    if (tree === undefined) {
      const message = `${fleet}/${object} is a file, and ${JSON.stringify(this.path)} is a folder`;
      return {
        kind: 'refused',
        error: new LayercastError('USAGE', message, { hint: (say) => `Name a file with ${say('output')}` }),
      };
    }
    if (await hasTree(this.#names.folder, descriptor, this.#signal, this.#owned)) {
      await rm(this.files.partPath, { force: true }).catch(() => undefined);
      await this.files.forgetProgress();
      return { kind: 'complete' };
    }
    const store = await this.files.openStore(
      descriptor,
      restorer,
      (part, confirm) => this.#finish(part, confirm, descriptor.sha256),
      true,
    );
    try {
      await this.#requireRoom(descriptor, store);
    } catch (error) {
      await store.close();
      throw error;
    }
    return { kind: 'store', store };
  }

  /** The archive and the folder that is unpacked from it lie on disk at once. */
  async #requireRoom({ sizeBytes }: Descriptor, { holdings }: ObjectStore): Promise<void> {
    const freeBytes = await freeBytesFor(this.#names.folder);
    const hereBytes = Math.min(sizeBytes, holdings.filled.count * holdings.geometry.symbolBytes);
    const neededBytes = 2 * sizeBytes - hereBytes;
    if (freeBytes >= neededBytes) return;
    const message = `${JSON.stringify(this.path)} needs ${neededBytes} bytes, for the archive and the unpacked folder, and its file system has ${freeBytes} left`;
    throw new LayercastError('DISK_FULL', message, {
      hint: `free ${neededBytes - freeBytes} bytes, or name another folder`,
    });
  }

  async #finish(part: PartFile, confirm: () => Promise<void>, sha256: Uint8Array): Promise<void> {
    const { folder, next, former } = this.#names;
    await part.flush();
    await recoverFolder(this.#names, this.#owned);
    // A folder that is there after a cut was made by this fetch.
    for (const name of [next, former]) await this.#owned.add(name);
    await mkdir(next, { mode: 0o700 }).catch((error) => {
      throw systemError(error, 'create', next);
    });
    const handle = await open(part.path, 'r');
    try {
      const read = (offset: number, into: Uint8Array) => readFully(handle, into, offset);
      await unpackTree({ sizeBytes: part.geometry.sizeBytes, read }, next, this.#signal);
    } finally {
      await handle.close();
    }
    await takeFolderAttributes(next, folder);
    await confirm();
    // Somebody may have put files into the folder, or mounted something there, while the tree was received.
    await this.#owned.requireReplaceable(folder);
    await requireUnmounted(folder);
    await this.#owned.add(folder);
    await swapFolders(this.#names);
    for (const name of [next, former]) if (!existsSync(name)) await this.#owned.forget(name);
    await this.#noteUnreadable(sha256);
    await part.discard();
  }

  /** Of files that their own user may not read, a later fetch cannot tell by their bytes that they are there. */
  async #noteUnreadable(sha256: Uint8Array): Promise<void> {
    const { folder } = this.#names;
    const archive = await TreeArchive.of(folder).catch(() => undefined);
    const isHidden = archive?.entries.some(({ kind, mode }) => kind === 'file' && (mode & 0o400) === 0) ?? false;
    if (archive !== undefined && isHidden)
      await this.#owned.noteMade(folder, { sha256, fingerprint: archive.fingerprint });
  }
}

/** Gives the new folder the mode and owner of the former one, as far as this process may; without one, the mode that mkdir gives. */
async function takeFolderAttributes(next: string, former: string): Promise<void> {
  const before = await stat(former).catch(() => undefined);
  if (before !== undefined) await chown(next, before.uid, before.gid).catch(() => undefined);
  await chmod(next, before === undefined ? 0o777 & ~process.umask() : before.mode & 0o777);
}
