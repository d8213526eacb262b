import { LayercastError } from '../../base/errors.js';
import { FILE_PIECE_BYTES } from '../../base/limits.js';
import { unlessAborted } from '../../base/waiting.js';
import type { FleetObject } from '../../fleet/fleet.js';
import { FileSource } from '../../store/file-source.js';
import { TreeArchive } from '../../tree/archive.js';
import type { ContentCipher } from '../../wire/content-cipher.js';
import { type Spooled, SpoolFolder } from './spool-folder.js';
import { standardInput } from './standard-input.js';

/** The content of an object, open for reading at any place. Closing the source closes it. */
export interface OpenContent {
  readonly source: FileSource;
  /** Whether the source is a copy of this process, which nobody can change. */
  readonly isCopy: boolean;
  /** Whether what the content was taken from is still as it was: asked when the fleet file is read again. */
  isUnchanged(): Promise<boolean>;
}

/** Opens the contents of objects: files as they are, folders as archives, and standard input, which is read once. */
export class Contents {
  readonly #spool: SpoolFolder;
  readonly #inputFd: number;
  readonly #stopping = new AbortController();
  #input: Promise<Spooled> | undefined;

  /** @param inputFd for tests */
  constructor(stateDir: string, limitBytes: number, inputFd = 0) {
    this.#spool = new SpoolFolder(stateDir, limitBytes);
    this.#inputFd = inputFd;
  }

  /** @throws {LayercastError} `FILE_NOT_FOUND`, `PERMISSION_DENIED`, `TREE_INVALID`, `OBJECT_CHANGED`, `DISK_FULL`, `USAGE`, `ABORTED` */
  async open(object: Pick<FleetObject, 'filePath' | 'content'>, signal: AbortSignal): Promise<OpenContent> {
    switch (object.content) {
      case 'file':
        return await openFile(object.filePath);
      case 'tree':
        return await this.#openTree(object.filePath, signal);
      case 'pipe':
        return await this.#openInput(signal);
    }
  }

  /** An encrypted copy of a content, which is closed then. If this fails, it stays open. @throws {LayercastError} `OBJECT_CHANGED`, `DISK_FULL`, `ABORTED` */
  async encrypt(content: OpenContent, cipher: ContentCipher, signal: AbortSignal): Promise<OpenContent> {
    const what = `the encrypted copy of ${content.source.path}`;
    const { handle, close } = await this.#spool.copy(encryptedBytes(content.source, cipher, signal), what);
    await content.source.close();
    const source = await FileSource.ofCopy(handle, what, close);
    return { source, isCopy: true, isUnchanged: () => content.isUnchanged() };
  }

  /** Ends reading, and gives back the room of what came from standard input. Sources that are open stay so. */
  async close(): Promise<void> {
    this.#stopping.abort(new LayercastError('ABORTED', 'the server stops'));
    const input = await this.#input?.catch(() => undefined);
    await input?.close();
  }

  async #openTree(folder: string, signal: AbortSignal): Promise<OpenContent> {
    const archive = await TreeArchive.of(folder);
    const what = `the archive of ${JSON.stringify(folder)}`;
    const { handle, close } = await this.#spool.copy(archive.bytes(signal), what);
    return {
      source: await FileSource.ofCopy(handle, what, close),
      isCopy: true,
      isUnchanged: () =>
        TreeArchive.of(folder).then(
          ({ fingerprint }) => fingerprint === archive.fingerprint,
          () => false,
        ),
    };
  }

  /** After a reload, and for a second attempt, the bytes are those that came once. */
  async #openInput(signal: AbortSignal): Promise<OpenContent> {
    const what = 'what came from standard input';
    this.#input ??= this.#spool.copy(standardInput(this.#inputFd, this.#stopping.signal), what);
    const { handle } = await unlessAborted(this.#input, signal);
    return {
      source: await FileSource.ofCopy(handle, what, async () => undefined),
      isCopy: true,
      isUnchanged: async () => true,
    };
  }
}

async function* encryptedBytes(
  source: FileSource,
  cipher: ContentCipher,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const stream = cipher.start();
  for (let offset = 0; offset < source.sizeBytes; offset += FILE_PIECE_BYTES) {
    signal.throwIfAborted();
    const piece = Buffer.allocUnsafe(Math.min(FILE_PIECE_BYTES, source.sizeBytes - offset));
    await source.read(offset, piece);
    yield stream.update(piece);
  }
}

async function openFile(path: string): Promise<OpenContent> {
  const source = await FileSource.open(path);
  const isUnchanged = () =>
    source.checkUnchanged().then(
      () => true,
      () => false,
    );
  return { source, isCopy: false, isUnchanged };
}
