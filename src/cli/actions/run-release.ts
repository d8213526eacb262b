import { LayercastError } from '../../base/errors.js';
import { loadFleet } from '../../fleet/load-fleet.js';
import { connectTo } from '../../mqtt/connect.js';
import { tellBroker } from '../../mqtt/tell-broker.js';
import { releaseMessages } from '../../publish/release-messages.js';
import { defaultStateDir } from '../../store/state-dir.js';
import { fleetFile } from '../fleet-file.js';

export interface ReleaseFlags {
  readonly config?: string;
  readonly state?: string;
  readonly json?: boolean;
}

/**
 * `layercast release`: tells the broker of a fleet what its newest versions are.
 *
 * @throws {LayercastError} `CONFIG_INVALID` if the fleet file names no broker; `NETWORK_UNAVAILABLE` if the broker cannot be used; as `loadFleet` and
 * `releaseMessages`
 */
export async function runRelease(
  argument: string | undefined,
  { config, state, json }: ReleaseFlags,
  signal: AbortSignal,
): Promise<void> {
  const path = fleetFile(argument, config);
  const fleet = await loadFleet(path);
  const { broker } = fleet;
  if (broker === undefined) {
    throw new LayercastError('CONFIG_INVALID', `${path} names no MQTT broker`, {
      hint: 'Add "mqtt: { url: mqtts://HOST }"',
    });
  }
  const stateDir = state ?? defaultStateDir();
  const nowS = Math.floor(Date.now() / 1000);
  const { proofs, releases } = await releaseMessages(fleet, { prefix: broker.prefix, stateDir, nowS, signal });
  const messages = [...proofs, ...releases.map(({ message }) => message)];
  const clientId = `layercast-release-${process.pid}`;
  await tellBroker((request) => connectTo(broker, request), clientId, broker.url, messages, signal);
  for (const { signed, message } of releases) {
    const { object, version } = signed.descriptor;
    const { topic } = message;
    process.stdout.write(json ? `${JSON.stringify({ object, version, topic })}\n` : `${topic}: version ${version}\n`);
  }
}
