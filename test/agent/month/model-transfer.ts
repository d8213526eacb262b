import type { HeldVersion } from '../../../dist/agent/object-record.js';
import type { RunningPursuit } from '../../../dist/agent/ports.js';
import type { Finding } from '../../../dist/receiver/watch/findings.js';
import type { Descriptor } from '../../../dist/wire/descriptor.js';
import type { Life } from './life.js';
import { heldOf } from './versions.js';

const RATE_BYTES_PER_S = 125_000;
const CHECKPOINT_US = 500_000;

/** What power cuts leave of transfers. */
export interface Disk {
  /** The version that has the name of the file. */
  file: HeldVersion | undefined;
  /** What checkpoints have of a version that is not whole. */
  part: { readonly version: number; bytes: number } | undefined;
  /** All bytes that arrived. */
  receivedBytes: number;
}

/** A transfer at a steady rate, which keeps what its checkpoints have. */
export class ModelTransfer implements RunningPursuit {
  readonly done: Promise<HeldVersion>;
  readonly hasEnough = false;
  packetBytes = 0;
  readonly #life: Life;
  readonly #disk: Disk;
  readonly #onStep: () => void;
  #target: Descriptor;
  #isOver = false;
  #resolve: (held: HeldVersion) => void = () => undefined;
  #reject: (reason: unknown) => void = () => undefined;

  /** @param onStep called whenever the transfer listens */
  constructor(target: Descriptor, life: Life, disk: Disk, onStep: () => void) {
    this.#target = target;
    this.#life = life;
    this.#disk = disk;
    this.#onStep = onStep;
    this.done = new Promise((resolve, reject) => {
      [this.#resolve, this.#reject] = [resolve, reject];
    });
    life.at(100_000, () => this.#step());
  }

  follow({ kind, descriptor }: Finding): void {
    if (kind === 'newest') this.#target = descriptor;
  }

  stop(reason: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#reject(reason);
  }

  #step(): void {
    if (this.#isOver) return;
    this.#onStep();
    const disk = this.#disk;
    const { version, sizeBytes } = this.#target;
    if (disk.file?.version === version && disk.file.sha256 === heldOf(this.#target).sha256) {
      this.#complete();
      return;
    }
    if (disk.part?.version !== version) disk.part = { version, bytes: 0 };
    const freshBytes = Math.min((RATE_BYTES_PER_S * CHECKPOINT_US) / 1e6, sizeBytes - disk.part.bytes);
    this.packetBytes += freshBytes * 1.1;
    disk.receivedBytes += freshBytes;
    disk.part.bytes += freshBytes;
    if (disk.part.bytes >= sizeBytes) this.#complete();
    else this.#life.at(CHECKPOINT_US, () => this.#step());
  }

  #complete(): void {
    this.#isOver = true;
    const held = heldOf(this.#target);
    this.#disk.part = undefined;
    this.#disk.file = held;
    // Flushing, renaming and telling takes a moment in which the power may be cut: then the file is there and the agent does not know.
    this.#life.at(20_000, () => this.#resolve(held));
  }
}
