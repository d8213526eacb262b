import type { Result } from './result.js';
export async function drawExperiment(_results: readonly Result[]): Promise<void> {}
