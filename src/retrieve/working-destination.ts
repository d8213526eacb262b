import type { Opened } from '../receiver/destination.js';
import type { Seeds } from '../receiver/seeding/seeds.js';
import type { Descriptor } from '../wire/descriptor.js';
import type { BlockRestorer } from './block-restorer.js';
import type { Destination } from './destination.js';
import type { WorkingFiles } from './working-files.js';

/** A destination whose object is collected in working files, which it holds until it is disposed of. */
export abstract class WorkingDestination implements Destination {
  abstract readonly path: string | undefined;
  protected readonly files: WorkingFiles;

  protected constructor(files: WorkingFiles) {
    this.files = files;
  }

  abstract open(descriptor: Descriptor, restorer: BlockRestorer): Promise<Opened>;

  get completedVersion(): number {
    return this.files.completedVersion;
  }

  seeds(paths: readonly string[], restorer: BlockRestorer): Seeds {
    return this.files.seeds(paths, restorer);
  }

  remember(version: number, sha256: string): Promise<void> {
    return this.files.remember(version, sha256);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.files[Symbol.asyncDispose]();
  }
}
