import { randomBytes } from 'node:crypto';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Bed } from '../../test/lab/bed.js';
import type { Host } from '../../test/lab/host.js';
import { missingPeer, type Peer } from './programs.js';

const PIECE_BYTES = 2 ** 24;

/** Hosts around one bridge with MLD snooping, and a folder with the file that all programs send. */
export class Stage implements AsyncDisposable {
  readonly bed: Bed;
  readonly folder: string;
  readonly sizeBytes: number;
  /** Why a program to compare with is left out. */
  readonly missing: Readonly<Record<Peer, string | undefined>>;

  private constructor(bed: Bed, folder: string, sizeBytes: number, missing: Stage['missing']) {
    this.bed = bed;
    this.folder = folder;
    this.sizeBytes = sizeBytes;
    this.missing = missing;
  }

  /**
   * Lays the hosts `alpha` (the server) and `r1`, `r2`, …
   *
   * @param dir where the folder for files is made; a file system in memory measures the programs and not the disk
   */
  static async set(receiverCount: number, sizeBytes: number, dir: string): Promise<Stage> {
    const missing = { uftp: await missingPeer('uftp'), udpcast: await missingPeer('udpcast') };
    const hosts = ['alpha', ...Array.from({ length: receiverCount }, (_, i) => `r${i + 1}`)];
    const bed = await Bed.lay({ hosts });
    const folder = await mkdtemp(join(dir, 'layercast-speed-'));
    try {
      for (const [index, name] of hosts.entries()) await prepare(bed.host(name), index + 1);
      await fill(join(folder, 'file'), sizeBytes);
      await bed.host('alpha').layercast(['keygen', '--out', folder]).exited;
      return new Stage(bed, folder, sizeBytes, missing);
    } catch (error) {
      await bed.lift();
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  get file(): string {
    return join(this.folder, 'file');
  }

  /** Bytes of all packets that the server has sent so far, as its interface counts them. */
  async sentBytes(): Promise<number> {
    const listed = await this.bed.host('alpha').run('ip', ['-j', '-s', 'link', 'show', 'dev', 'eth0']);
    const [link] = JSON.parse(listed) as readonly { readonly stats64: { readonly tx: { readonly bytes: number } } }[];
    return link!.stats64.tx.bytes;
  }

  /** Removes a received file. @throws {Error} when it is not the file that was sent */
  async accept(received: string): Promise<void> {
    await this.bed.host('alpha').run('cmp', [received, this.file]);
    await rm(received);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.bed.lift();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/**
 * Lets segmented batches pass the cables whole, as between a network card and its driver; a bed otherwise splits them, so that
 * links can drop single datagrams. Gives the host an IPv4 address for udpcast, which has no IPv6.
 */
async function prepare(host: Host, number: number): Promise<void> {
  await host.run('ethtool', ['-K', 'eth0', 'tx-udp-segmentation', 'on']);
  await host.run('ip', ['addr', 'add', `10.0.0.${number}/24`, 'brd', '+', 'dev', 'eth0']);
  await host.run('ip', ['route', 'add', '224.0.0.0/4', 'dev', 'eth0']);
}

async function fill(path: string, sizeBytes: number): Promise<void> {
  await using file = await open(path, 'w');
  for (let done = 0; done < sizeBytes; done += PIECE_BYTES) {
    await file.write(randomBytes(Math.min(PIECE_BYTES, sizeBytes - done)));
  }
}
