import { describe, expect, it } from 'vitest';
import { systemClock } from '../../dist/base/system-clock.js';
import { portChoice, systemNetworkOn } from '../../dist/net/system-network.js';

describe('the port of this host', () => {
  it('is the one that LAYERCAST_NET forces', () => {
    expect(portChoice({ LAYERCAST_NET: 'dgram' })).toEqual({
      port: 'dgram',
      whyNotBatch: 'LAYERCAST_NET is dgram',
      lacks: [],
    });
    expect(systemNetworkOn(systemClock, { LAYERCAST_NET: 'dgram' }).capabilities).toBeUndefined();
  });

  it.each(['gram', 'BATCH', '1'])('is refused as usage when LAYERCAST_NET is %s', (value) => {
    for (const call of [
      () => portChoice({ LAYERCAST_NET: value }),
      () => systemNetworkOn(systemClock, { LAYERCAST_NET: value }),
    ]) {
      expect(call).toThrow(expect.objectContaining({ code: 'USAGE', message: expect.stringContaining(`"${value}"`) }));
    }
  });

  it.runIf(process.platform === 'linux')('is the batched one on Linux, also when the variable is empty', () => {
    for (const environment of [{}, { LAYERCAST_NET: '' }, { LAYERCAST_NET: 'batch' }]) {
      expect(portChoice(environment)).toEqual({ port: 'batch', whyNotBatch: undefined, lacks: [] });
      expect(systemNetworkOn(systemClock, environment).capabilities).toMatchObject({ maxBatchCount: 64 });
    }
  });
});
