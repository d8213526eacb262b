import { describe, expect, test } from 'vitest';
import { Registration } from '../../../dist/agent/coap/registration.js';
import { Code } from '../../../dist/coap/code.js';
import { CoapFault, type CoapRequest, type CoapResponse } from '../../../dist/coap/request.js';
import { HostClock } from '../../../dist/simulate/clock/host-clock.js';
import { VirtualClock } from '../../../dist/simulate/clock/virtual-clock.js';

const LIFETIME_S = 3600;

/** A directory, and what it was asked when. */
function scene() {
  const virtual = new VirtualClock();
  const asked: string[] = [];
  const warnings: string[] = [];
  let known: string | undefined;
  let isThere = true;
  let updates = true;
  let isBusy = false;
  let untilUs = 0;
  let isLate = false;
  let place: readonly string[] | undefined;
  const answer = (code: number, locationPath: readonly string[] = []) => ({ code, locationPath }) as CoapResponse;
  const ask = async ({ method, path, query = [], payload }: CoapRequest): Promise<CoapResponse> => {
    const links = payload === undefined ? '' : ` ${Buffer.from(payload).toString()}`;
    asked.push(`${method} /${path.join('/')}?${query.join('&')}${links}`);
    if (!isThere) throw new CoapFault('timeout');
    const nowUs = virtual.nowUs;
    if (method === 'DELETE') {
      known = undefined;
      return answer(Code.deleted);
    }
    if (path.join('/') === 'rd') {
      known = `rd/${asked.length}`;
      untilUs = nowUs + LIFETIME_S * 1e6;
      return answer(Code.created, place ?? known.split('/'));
    }
    if (path.join('/') !== known) return answer(Code.notFound);
    if (isBusy) return answer(Code.unavailable);
    if (!updates) return answer(Code.methodNotAllowed);
    isLate ||= nowUs > untilUs;
    untilUs = nowUs + LIFETIME_S * 1e6;
    return answer(Code.changed);
  };
  const registration = new Registration(
    {
      endpoint: 'device-17',
      lifetimeS: LIFETIME_S,
      path: ['rd'],
      links: [{ target: '/fw', attributes: { obs: true } }],
    },
    { clock: new HostClock(virtual), random: () => 0.5, ask, warn: (message) => warnings.push(message) },
  );
  return {
    asked,
    warnings,
    registration,
    pass: (s: number) => virtual.run(virtual.nowUs + s * 1e6),
    forget: () => {
      known = undefined;
    },
    setPlace: (value: readonly string[] | undefined) => {
      place = value;
    },
    setUpdates: (value: boolean) => {
      updates = value;
    },
    setBusy: (value: boolean) => {
      isBusy = value;
    },
    setThere: (value: boolean) => {
      isThere = value;
    },
    get isLate() {
      return isLate;
    },
  };
}

describe('a registration', () => {
  test('is made without a base, renewed before its lifetime is over, and ended', async () => {
    const directory = scene();
    directory.registration.renew();
    await directory.pass(10 * LIFETIME_S);
    const [first, ...others] = directory.asked;
    expect(first).toBe('POST /rd?ep=device-17&lt=3600 </fw>;obs');
    expect(new Set(others)).toEqual(new Set(['POST /rd/1?']));
    expect(others.length).toBeGreaterThanOrEqual(15);
    expect(others.length).toBeLessThanOrEqual(20);
    expect([directory.isLate, directory.warnings]).toEqual([false, []]);
    await directory.registration.end();
    expect(directory.asked.at(-1)).toBe('DELETE /rd/1?');
    await directory.pass(2 * LIFETIME_S);
    expect(directory.asked.at(-1)).toBe('DELETE /rd/1?');
  });

  test('is not believed at a place that cannot be asked for, and made when the directory names a proper one', async () => {
    for (const place of [['rd', '\ufffd'], ['x'.repeat(256)], Array(40).fill('x'.repeat(20))]) {
      const directory = scene();
      directory.setPlace(place);
      directory.registration.renew();
      await directory.pass(60);
      expect(directory.registration.isRegistered).toBe(false);
      expect(directory.warnings).toEqual([expect.stringContaining('place that cannot be asked for')]);
      directory.setPlace(undefined);
      await directory.pass(600);
      expect(directory.registration.isRegistered).toBe(true);
      expect(new Set(directory.asked)).toEqual(new Set(['POST /rd?ep=device-17&lt=3600 </fw>;obs']));
    }
  });

  test('is made anew when the directory has forgotten the device', async () => {
    const directory = scene();
    directory.registration.renew();
    await directory.pass(1);
    directory.forget();
    directory.registration.renew();
    await directory.pass(1);
    expect(directory.asked.slice(1)).toEqual(['POST /rd/1?', 'POST /rd?ep=device-17&lt=3600 </fw>;obs']);
    expect(directory.registration.isRegistered).toBe(true);
  });

  test('is made anew at a directory that takes no updates, after the old one was removed', async () => {
    const directory = scene();
    directory.setUpdates(false);
    directory.registration.renew();
    await directory.pass(1);
    directory.registration.renew();
    await directory.pass(1);
    expect(directory.asked.slice(1).map((line) => line.split('?')[0])).toEqual([
      'POST /rd/1',
      'DELETE /rd/1',
      'POST /rd',
    ]);
  });

  test('is kept and renewed later at a directory that is busy: to end it and make it anew would be two requests more', async () => {
    const directory = scene();
    directory.registration.renew();
    await directory.pass(1);
    directory.setBusy(true);
    directory.registration.renew();
    await directory.pass(1);
    expect([directory.registration.isRegistered, directory.warnings.length]).toEqual([true, 1]);
    directory.setBusy(false);
    await directory.pass(60);
    expect(directory.asked.slice(1)).toEqual(['POST /rd/1?', 'POST /rd/1?']);
  });

  test('is renewed when the directory knows nothing of what it observed here, and not again just after that', async () => {
    const directory = scene();
    directory.registration.renew();
    for (const [seconds, count] of [
      [30, 1],
      [40, 2],
      [30, 2],
      [40, 3],
    ] as const) {
      await directory.pass(seconds);
      for (let i = 0; i < 3; i++) directory.registration.doubt();
      await directory.pass(1);
      expect(directory.asked.length).toBe(count);
    }
    await directory.registration.end();
    await directory.pass(100);
    directory.registration.doubt();
    expect(directory.asked.length).toBe(4);
  });

  test('is tried again while nobody answers, less and less often, with one warning for each time of silence', async () => {
    const directory = scene();
    directory.setThere(false);
    directory.registration.renew();
    await directory.pass(3600);
    expect(directory.asked.length).toBeGreaterThan(8);
    expect(directory.asked.length).toBeLessThan(20);
    expect(directory.warnings).toEqual([expect.stringContaining('did not answer')]);
    directory.setThere(true);
    await directory.pass(600);
    expect(directory.registration.isRegistered).toBe(true);
    directory.setThere(false);
    directory.registration.renew();
    await directory.pass(60);
    expect(directory.warnings.length).toBe(2);
  });

  test('is renewed once more when a wake comes while it is being renewed, and not more often', async () => {
    const directory = scene();
    for (let i = 0; i < 5; i++) directory.registration.renew();
    await directory.pass(10);
    expect(directory.asked.length).toBe(2);
  });
});
