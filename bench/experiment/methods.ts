import { hasTool } from '../../test/lab/machine.js';
import type { MethodName } from './cells.js';
import type { Method } from './method.js';
import { http } from './methods/http.js';
import { layercast, layercastOneRate } from './methods/layercast.js';
import { rsync } from './methods/rsync.js';
import { udpcast } from './methods/udpcast.js';
import { uftp } from './methods/uftp.js';

export const METHODS: Readonly<Record<MethodName, Method>> = {
  layercast: layercast(1),
  'layercast-two': layercast(2),
  'layercast-one-rate': layercastOneRate(),
  uftp: uftp(({ linkBitsPerSecond }) => linkBitsPerSecond),
  'uftp-slowest': uftp(({ slowestBitsPerSecond }) => slowestBitsPerSecond),
  udpcast,
  rsync,
  http,
};

/** Debian packages that a method needs and this machine does not have; empty when the method can run. */
export function missingFor(method: MethodName): readonly string[] {
  return Object.entries(METHODS[method].needs)
    .filter(([command]) => !hasTool(command))
    .map(([, debianPackage]) => debianPackage);
}
