import type { Descriptor } from '../wire/descriptor.js';

/** The variables by which a command learns what it gets. */
export function environmentOf(descriptor: Descriptor): Readonly<Record<string, string>> {
  return {
    LAYERCAST_FLEET: descriptor.fleet,
    LAYERCAST_OBJECT: descriptor.object,
    LAYERCAST_VERSION: `${descriptor.version}`,
    LAYERCAST_SHA256: Buffer.from(descriptor.sha256).toString('hex'),
    LAYERCAST_SIZE: `${descriptor.sizeBytes}`,
  };
}
