import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { LayercastError } from '../../base/errors.js';
import { geometryOf } from '../../object/geometry.js';
import type { Opened } from '../../receiver/destination.js';
import { openStateFolder } from '../../store/folder/state-folder.js';
import { statePart } from '../../store/state-parts.js';
import type { Descriptor } from '../../wire/descriptor.js';
import type { BlockRestorer } from '../block-restorer.js';
import { type ContentKeyOption, type Decryption, decryptionOf } from '../decryption.js';
import { WorkingDestination } from '../working-destination.js';
import { WorkingFiles, type WorkingFilesOptions } from '../working-files.js';
import type { ByteSink } from './byte-sink.js';
import { DecryptingSink } from './decrypting-sink.js';
import { nothingTaken, OrderedBytes, type Taken } from './ordered-bytes.js';
import { StreamStore } from './stream-store.js';

/** What takes the bytes of a version in order. */
export interface StreamTarget {
  /** A name that tells the target from others of the same object, such as the command. */
  readonly id: string;
  readonly open: (descriptor: Descriptor) => ByteSink;
  /** Whether another version can be begun after bytes of one have been taken. */
  readonly canRestart: boolean;
}

/**
 * Hands the verified bytes of an object on, in order. A carousel brings blocks in any order, so the object is collected in a part file in
 * the state directory, as large as the object, and removed when all has been taken. After an interruption the next run takes up the part
 * file, and writes from the first byte on.
 */
export class StreamDestination extends WorkingDestination {
  readonly path = undefined;
  readonly #target: StreamTarget;
  readonly #signal: AbortSignal;
  readonly #contentKey: Uint8Array | undefined;
  #stream:
    | { readonly sha256: Uint8Array; readonly version: number; readonly sink: ByteSink; readonly taken: Taken }
    | undefined;

  private constructor(
    files: WorkingFiles,
    target: StreamTarget,
    { signal, contentKey }: WorkingFilesOptions & ContentKeyOption,
  ) {
    super(files);
    this.#target = target;
    this.#signal = signal;
    this.#contentKey = contentKey;
    signal.addEventListener('abort', this.#abandon, { once: true });
  }

  /** @throws {LayercastError} as `WorkingFiles.open` */
  static async open(target: StreamTarget, options: WorkingFilesOptions & ContentKeyOption): Promise<StreamDestination> {
    const { fleet, object, keyFingerprint, stateDir } = options;
    const folder = statePart(stateDir, 'streams');
    await openStateFolder(stateDir, folder);
    const hash = createHash('sha256')
      .update(JSON.stringify([fleet, object, keyFingerprint, target.id]))
      .digest('hex');
    const path = join(folder, `${`${fleet}-${object}`.replaceAll('/', '-').slice(0, 60)}-${hash.slice(0, 16)}`);
    const files = await WorkingFiles.open(path, false, { ...options, journalDir: undefined });
    return new StreamDestination(files, target, options);
  }

  async open(descriptor: Descriptor, restorer: BlockRestorer): Promise<Opened> {
    const { sha256, sizeBytes, symbolBytes, blockCount } = descriptor;
    const readable = decryptionOf(descriptor, this.#contentKey);
    if ('refusal' in readable) return { kind: 'refused', error: readable.refusal };
    const refusal = this.#leaveFormer(descriptor);
    if (refusal !== undefined) return { kind: 'refused', error: refusal };
    const { version } = descriptor;
    this.#stream ??= { sha256, version, sink: this.#open(descriptor, readable.decryption), taken: nothingTaken() };
    const { sink, taken } = this.#stream;
    const store = await this.files.openStore(
      descriptor,
      restorer,
      async (part, confirm) => {
        await bytes.finish(sha256);
        await confirm();
        await part.discard();
      },
      true,
    );
    const bytes: OrderedBytes = new OrderedBytes({
      geometry: geometryOf(sizeBytes, symbolBytes, blockCount),
      read: (place, into) => store.read(place, into),
      sink,
      taken,
    });
    return { kind: 'store', store: new StreamStore(store, bytes, this.#abandon) };
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    this.#signal.removeEventListener('abort', this.#abandon);
    await super[Symbol.asyncDispose]();
  }

  #open(descriptor: Descriptor, decryption: Decryption): ByteSink {
    const sink = this.#target.open(descriptor);
    return decryption === undefined ? sink : new DecryptingSink(sink, decryption);
  }

  readonly #abandon = (): void => this.#stream?.sink.abandon();

  /** The bytes of another content that were begun cannot be taken back: the target begins anew, or the version is refused. */
  #leaveFormer({ sha256, version }: Descriptor): LayercastError | undefined {
    const former = this.#stream;
    if (former === undefined || Buffer.compare(former.sha256, sha256) === 0) return undefined;
    if (former.taken.bytes > 0 && !this.#target.canRestart) {
      const message = `version ${version} replaced version ${former.version}, of which ${former.taken.bytes} bytes had been written out`;
      return new LayercastError('OBJECT_CHANGED', message, { hint: 'Fetch again, and throw away what was written' });
    }
    former.sink.abandon();
    this.#stream = undefined;
    return undefined;
  }
}
