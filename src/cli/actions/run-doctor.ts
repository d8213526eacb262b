import { LayercastError } from '../../base/errors.js';
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
import { type FileKind, fileKindOf } from '../file-kind.js';
import { interruptible } from '../interrupt.js';
import { type Flags, settle } from '../settings.js';
import { typed } from '../spelling.js';

/**
 * `layercast doctor`: prints on stdout what this host lacks; with `--json` one finding a line. Sets exit code 1 if something keeps a transfer
 * from working.
 *
 * @throws {LayercastError} for a file that cannot be read or has faults
 */
export async function runDoctor(flags: Flags): Promise<void> {
  const { config } = settle(DOCTOR_FILE, flags, process.env);
  const { fleet, file }: ReadFile = config === undefined ? { file: {} } : await read(config);
  const settings = settle(DOCTOR_OPTIONS, flags, process.env, file);
  const { waitMs: listenMs = 0, interface: name, port, scope, stateDir, output } = settings;
  const hintOf = (error: LayercastError) => typed(error).hint;
  const options = { interface: name, port, scope, stateDir, output, fleet, listenMs, hintOf };
  const findings = await interruptible(async (signal) =>
    examine(await gather(systemNetworkOn(systemClock), { ...options, signal })),
  );
  if (flags.json) await tellPrograms(findings);
  else process.stdout.write(doctorText(findings));
  if (countOf(findings, 'failure') > 0) process.exitCode = 1;
}

/** What a file can say of these options. */
type FileSettings = Partial<SettingsOf<typeof DOCTOR_OPTIONS>>;

interface ReadFile {
  /** That this host serves; undefined for a file of a receiver. */
  readonly fleet?: Fleet;
  readonly file: FileSettings;
}

/** By the kind of the file. The modules of a kind are loaded only for files of that kind. */
const READERS: Readonly<Partial<Record<FileKind, (text: string, path: string) => Promise<ReadFile>>>> = {
  async fleet(text, path) {
    const { parseFleet } = await import('../../fleet/load-fleet.js');
    return { fleet: parseFleet(text, path), file: {} };
  },
  async receiver(text, path) {
    const { parseReceiverFile } = await import('../../options/receiver-file.js');
    return { file: parseReceiverFile(text, path) };
  },
  async agent(text, path) {
    const { parseAgentFile } = await import('../../options/agent-file.js');
    return { file: listeningOf(parseAgentFile(text, path)) };
  },
  async gateway(text, path) {
    const { parseGatewayFile } = await import('../../options/gateway-file.js');
    return { file: listeningOf(parseGatewayFile(text, path)) };
  },
};

async function read(path: string): Promise<ReadFile> {
  const text = await readText(path);
  const reader = READERS[fileKindOf(text)];
  if (reader !== undefined) return await reader(text, path);
  throw new LayercastError('CONFIG_INVALID', `${path} says nothing of how this host sends or receives`, {
    hint: `Name a file of ${Object.keys(READERS).join(', ')}; layercast config validate ${path} checks this one`,
  });
}

/** Where it listens, and where it keeps its state. Its other settings mean something else here. */
function listeningOf({ interface: name, port, scope, stateDir }: FileSettings): FileSettings {
  return { interface: name, port, scope, stateDir };
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
