import { statSync } from 'node:fs';
import { loadFleet } from '../fleet/load-fleet.js';
import { planOf } from '../fleet/plan.js';
import { forecastOf } from '../publish/forecast.js';
import { planPicture } from './plan-picture.js';
import { planText } from './plan-text.js';
import { writePicture } from './write-picture.js';

export interface PlanOptions {
  readonly config: string;
  readonly json: boolean;
  /** Where to draw it. */
  readonly svg: string | undefined;
}

/** `layercast plan`. @throws {LayercastError} `CONFIG_INVALID`, `FILE_NOT_FOUND`, `PERMISSION_DENIED`, `FILE_IO` */
export async function runPlan({ config, json, svg }: PlanOptions): Promise<void> {
  const fleet = await loadFleet(config);
  const plan = forecastOf(
    fleet,
    planOf(fleet, (path) => statSync(path, { throwIfNoEntry: false })?.size),
  );
  if (svg !== undefined) await writePicture(svg, planPicture(fleet, plan));
  process.stdout.write(json ? `${JSON.stringify(plan)}\n` : planText(plan));
}
