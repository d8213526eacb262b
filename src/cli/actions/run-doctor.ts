import { systemClock } from '../../base/system-clock.js';
import { readText } from '../../config/read-text.js';
import { examine } from '../../doctor/examine.js';
import { gather } from '../../doctor/facts/gather.js';
import type { Finding } from '../../doctor/finding.js';
import type { Fleet } from '../../fleet/fleet.js';
import { systemNetworkOn } from '../../net/system-network.js';
import type { SettingsOf } from '../../options/option.js';
import { DOCTOR_FILE, DOCTOR_OPTIONS } from '../command-options.js';
import { doctorText } from '../display/doctor-text.js';
import { fileKindOf } from '../file-kind.js';
import { interruptible } from '../interrupt.js';
import { type Flags, settle } from '../settings.js';

/**
 * `layercast doctor`: prints on stdout what this host lacks; with `--json` one finding a line. Sets exit code 1 if something keeps a transfer
 * from working.
 *
 * @throws {LayercastError} for a file that cannot be read or has faults
 */
export async function runDoctor(flags: Flags): Promise<void> {
  const { config } = settle(DOCTOR_FILE, flags, process.env);
  const { fleet, file } = config === undefined ? { fleet: undefined, file: {} } : await read(config);
  const settings = settle(DOCTOR_OPTIONS, flags, process.env, file);
  const { waitMs: listenMs = 0, interface: name, port, scope, stateDir, output } = settings;
  const options = { interface: name, port, scope, stateDir, output, fleet, listenMs };
  const findings = await interruptible(async (signal) =>
    examine(await gather(systemNetworkOn(systemClock), { ...options, signal })),
  );
  if (flags.json) await tellPrograms(findings);
  else process.stdout.write(doctorText(findings));
  if (countOf(findings, 'failure') > 0) process.exitCode = 1;
}

/** What a receiver file can say of these options. */
type FileSettings = Partial<SettingsOf<typeof DOCTOR_OPTIONS>>;

/** Settings that are compared: those of a fleet that this host serves, or of a receiver file. */
async function read(path: string): Promise<{ readonly fleet: Fleet | undefined; readonly file: FileSettings }> {
  const text = await readText(path);
  if (fileKindOf(text) === 'receiver') {
    const { parseReceiverFile } = await import('../../options/receiver-file.js');
    return { fleet: undefined, file: parseReceiverFile(text, path) };
  }
  const { parseFleet } = await import('../../fleet/load-fleet.js');
  return { fleet: parseFleet(text, path), file: {} };
}

async function tellPrograms(findings: readonly Finding[]): Promise<void> {
  const { printEvent } = await import('../json/print-event.js');
  const { doctorEvents } = await import('../../events/doctor-events.js');
  const { writeFields } = await import('../../events/write-fields.js');
  for (const finding of findings) printEvent('finding', writeFields(doctorEvents.finding, finding));
  const counts = { failures: countOf(findings, 'failure'), warnings: countOf(findings, 'warning') };
  printEvent('diagnosis', writeFields(doctorEvents.diagnosis, counts));
}

function countOf(findings: readonly Finding[], severity: Finding['severity']): number {
  return findings.filter((finding) => finding.severity === severity).length;
}
