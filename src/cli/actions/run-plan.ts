import { readText } from '../../config/read-text.js';
import { parseFleet } from '../../fleet/load-fleet.js';
import { planOf } from '../../fleet/plan.js';
import { limited, warningsOf } from '../../fleet/warnings.js';
import { contentSizes } from '../../publish/contents/content-sizes.js';
import { forecastOf } from '../../publish/forecast.js';
import { hostWarnings } from '../../publish/warnings/host-warnings.js';
import { planPicture } from '../display/plan-picture.js';
import { planText } from '../display/plan-text.js';
import { writePicture } from '../display/write-picture.js';
import { printResult } from '../json/print-event.js';
import { recordsOf, refuseWarnings, showWarnings } from './config-warnings.js';

export interface PlanOptions {
  readonly config: string;
  readonly json: boolean;
  /** Path of the picture, `-` for standard output; undefined for no picture. */
  readonly svg: string | undefined;
  /** Fail when there are warnings. */
  readonly strict: boolean;
}

/**
 * `layercast plan`: prints what a fleet file means.
 *
 * @throws {LayercastError} `CONFIG_INVALID`, `FILE_NOT_FOUND`, `PERMISSION_DENIED`, `FILE_IO`
 */
export async function runPlan({ config, json, svg, strict }: PlanOptions): Promise<void> {
  const text = await readText(config);
  const fleet = parseFleet(text, config);
  const sizes = await contentSizes(fleet);
  const plan = forecastOf(
    fleet,
    planOf(fleet, (path) => sizes.get(path)),
  );
  const warnings = limited([...warningsOf(fleet), ...(await hostWarnings(fleet))]);
  if (!json) showWarnings(warnings, text, config);
  printResult(json ? `${JSON.stringify({ ...plan, warnings: recordsOf(warnings) })}\n` : planText(plan));
  // A picture that cannot be written does not cost the result.
  if (svg !== undefined) await writePicture(svg, planPicture(fleet, plan));
  refuseWarnings(warnings, strict);
}
