import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { LayercastError } from '../../base/errors.js';
import type { Opened } from '../../receiver/destination.js';
import { type BlockDevice, findDevice } from '../../store/device/block-device.js';
import { deviceDigest } from '../../store/device/read-back.js';
import { openStateFolder } from '../../store/folder/state-folder.js';
import type { PartFile } from '../../store/part/part-file.js';
import { statePart } from '../../store/state-parts.js';
import type { Descriptor } from '../../wire/descriptor.js';
import type { BlockRestorer } from '../block-restorer.js';
import { notDecrypted } from '../decryption.js';
import { isTree } from '../file-destination.js';
import { WorkingDestination } from '../working-destination.js';
import { WorkingFiles, type WorkingFilesOptions } from '../working-files.js';

/**
 * A block device that is overwritten in place. Lock and journal lie in the state directory. Until the object is whole, the device holds a part
 * of it; at the end it is read back and compared with the signed hash.
 */
export class DeviceDestination extends WorkingDestination {
  readonly path: string;
  readonly #device: BlockDevice;
  readonly #signal: AbortSignal;

  private constructor(path: string, device: BlockDevice, files: WorkingFiles, signal: AbortSignal) {
    super(files);
    this.path = path;
    this.#device = device;
    this.#signal = signal;
  }

  /** @throws {LayercastError} as `findDevice` and `WorkingFiles.open` */
  static async open(output: string, options: WorkingFilesOptions): Promise<DeviceDestination> {
    const device = await findDevice(output);
    const folder = statePart(options.stateDir, 'devices');
    await openStateFolder(options.stateDir, folder);
    const name = createHash('sha256').update(device.path).digest('hex').slice(0, 16);
    const files = await WorkingFiles.open(join(folder, name), true, { ...options, journalDir: undefined });
    return new DeviceDestination(resolve(output), device, files, options.signal);
  }

  async open(descriptor: Descriptor, restorer: BlockRestorer): Promise<Opened> {
    const { fleet, object, tree, sizeBytes, sha256 } = descriptor;
    if (tree !== undefined) return { kind: 'refused', error: isTree(`${fleet}/${object}`, this.path) };
    if (descriptor.encryption !== undefined) return { kind: 'refused', error: notDecrypted(descriptor) };
    if (sizeBytes > this.#device.sizeBytes) return { kind: 'refused', error: this.#tooSmall(sizeBytes) };
    if (await this.#has(sizeBytes, sha256)) {
      await this.files.forgetProgress();
      return { kind: 'complete' };
    }
    const { path: device } = this.#device;
    const finish = (part: PartFile, confirm: () => Promise<void>) => this.#finish(part, confirm, descriptor);
    const store = await this.files.openStore(descriptor, restorer, finish, true, device);
    return { kind: 'store', store };
  }

  async #finish(part: PartFile, confirm: () => Promise<void>, { sizeBytes, sha256 }: Descriptor): Promise<void> {
    await part.flush();
    await part.close();
    await confirm();
    if (await this.#has(sizeBytes, sha256)) return;
    throw new LayercastError('FILE_IO', `${JSON.stringify(this.path)} does not hold what was written to it`, {
      hint: 'The device may be worn out; fetch again, or name another device',
    });
  }

  async #has(sizeBytes: number, sha256: Uint8Array): Promise<boolean> {
    return Buffer.compare(await deviceDigest(this.#device.path, sizeBytes, this.#signal), sha256) === 0;
  }

  #tooSmall(sizeBytes: number): LayercastError {
    const message = `${JSON.stringify(this.path)} has ${this.#device.sizeBytes} bytes, and the object has ${sizeBytes}`;
    return new LayercastError('DISK_FULL', message, { hint: 'Name a larger device' });
  }
}
