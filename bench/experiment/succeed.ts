import type { LabProcess } from '../../test/lab/process.js';

/** Resolves when a process has ended with 0; rejects with what it said when it ends otherwise. */
export async function succeed(process: LabProcess): Promise<void> {
  const { code, signal } = await process.exited;
  if (code !== 0) throw new Error(`ended with ${signal ?? code}: ${(process.stderr || process.stdout).slice(-500)}`);
}
