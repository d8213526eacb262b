import { hasTool } from '../../test/lab/machine.js';
import type { MethodName } from './cells.js';
import type { Method, Scene } from './method.js';
import { http } from './methods/http.js';
import { layercast, layercastOneRate } from './methods/layercast.js';
import { rsync } from './methods/rsync.js';
import { udpcast } from './methods/udpcast.js';
import { uftp } from './methods/uftp.js';

const fastest = ({ linkBitsPerSecond }: Scene) => linkBitsPerSecond;
const slowest = ({ slowestBitsPerSecond }: Scene) => slowestBitsPerSecond;

export const METHODS: Readonly<Record<MethodName, Method>> = {
  layercast: layercast(1),
  'layercast-two': layercast(2),
  'layercast-one-rate': layercastOneRate(),
  uftp: uftp(fastest),
  'uftp-slowest': uftp(slowest),
  udpcast: udpcast(fastest),
  'udpcast-slowest': udpcast(slowest),
  rsync,
  http,
};

/** Debian packages that a method needs and this machine does not have; empty when the method can run. */
export function missingFor(method: MethodName): readonly string[] {
  return Object.entries(METHODS[method].needs)
    .filter(([command]) => !hasTool(command))
    .map(([, debianPackage]) => debianPackage);
}
