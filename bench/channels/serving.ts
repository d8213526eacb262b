import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Bed } from '../../test/lab/bed.js';
import type { LabEvent } from '../../test/lab/process.js';

const SERVER = fileURLToPath(new URL('server.mjs', import.meta.url));
const OBJECT_BYTES = 10e6;

/** A bed whose host `alpha` can serve the file `object`, of zeros, with a key. */
export class Serving implements AsyncDisposable {
  readonly bed: Bed;
  readonly folder: string;

  private constructor(bed: Bed, folder: string) {
    this.bed = bed;
    this.folder = folder;
  }

  /** @param name of the benchmark, for the name of the folder */
  static async set(name: string): Promise<Serving> {
    const folder = await mkdtemp(join(tmpdir(), `layercast-${name}-`));
    const serving = new Serving(await Bed.lay({ hosts: ['alpha', 'r1'] }), folder);
    await serving.bed.host('alpha').layercast(['keygen', '--out', folder]).exited;
    await using file = await open(join(folder, 'object'), 'w');
    await file.truncate(OBJECT_BYTES);
    return serving;
  }

  /** @param settings the rest of the fleet file, after its name and key */
  async writeFleet(settings: string): Promise<void> {
    await writeFile(join(this.folder, 'fleet.yaml'), `fleet: bench\nkey: layercast.key\n${settings}`);
  }

  /** Serves the fleet for some seconds by a clock, `precise` or `system`, and resolves to what server.mjs has measured. */
  async measure(clock: string, seconds: number): Promise<LabEvent> {
    const task = { config: join(this.folder, 'fleet.yaml'), state: join(this.folder, 'state'), clock, seconds };
    await using server = this.bed.host('alpha').spawn(process.execPath, [SERVER, JSON.stringify(task)]);
    return await server.waitForEvent('measured', { timeoutMs: 120_000 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.bed.lift();
    await rm(this.folder, { recursive: true, force: true });
  }
}
