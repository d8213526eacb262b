import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, Chromium, NAME } from './chromium.js';
import { agentView, HOSTILE, ManagedDevices, nameOf, progressOf, receiverView, serve } from './scene.js';

if (CHROMIUM === undefined) console.log('the page is not tested in a browser: there is no Chromium here');

describe.skipIf(CHROMIUM === undefined)('the page in a browser', () => {
  let browser: Chromium;
  beforeAll(async () => {
    browser = await Chromium.start();
  });
  afterAll(() => browser[Symbol.asyncDispose]());

  it('shows a transfer as it goes on, to eyes and to screen readers, and asks nobody else', async () => {
    const { view, receiver, pass } = receiverView(HOSTILE);
    receiver.emit('descriptor', { descriptor: { version: 3 } });
    const compared = { nextBitsPerSecond: 4e6, mostBitsPerSecond: 5.123e6, lossRatio: 0.0123, mostLossRatio: 0.05 };
    receiver.emit('join', { channel: 1, reason: `level 1 → 2: ${HOSTILE}`, compared });
    receiver.emit('progress', progressOf(0.25));
    await using endpoint = await serve(view);
    const tab = await browser.open(`${endpoint.url}/`, { widthPx: 360, heightPx: 740 });
    const text = await tab.textWith('25 %');
    expect(text).toContain('Receiver of fleet acme');
    // Names and reasons that came over the network are text, whatever they look like.
    expect(text).toContain(`${HOSTILE}, version 3: 25 %`);
    expect(text).toContain(`level 1 → 2: ${HOSTILE}`);
    // What a decision compared is below its reason, and all of it is to be seen at once.
    expect(text).toContain('next 4 Mbit/s, most 5.12 Mbit/s, loss 1.23 %, most loss 5 %');
    const hidden = `(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)(document.querySelector('.short'))`;
    expect(await tab.evaluate(hidden)).toBe(0);
    expect(await tab.evaluate('document.images.length')).toBe(0);
    expect(await tab.evaluate('document.title')).toBe('Receiver of fleet acme – layercast');
    pass(1000);
    receiver.emit('progress', progressOf(0.5, { level: 3 }));
    await tab.textWith('50 %');
    expect(await tab.evaluate(`document.querySelector('.map').getAttribute('aria-label')`)).toMatch(
      /^Map of the file: of 64 equal parts \d+ are whole, \d+ have nothing yet$/,
    );
    const charts = await tab.evaluate<string[]>(
      `[...document.querySelectorAll('figure [role=img]')].map((one) => one.getAttribute('aria-label'))`,
    );
    expect(charts).toHaveLength(4);
    expect(charts[0]).toBe('Level over the last 1 min: level now 3, least 2, most 3');
    expect(await tab.evaluate(`document.querySelector('[aria-live]').textContent`)).toBe(`${HOSTILE}: level 3 of 4`);
    // No part is wider than a telephone, and what scrolls by itself can be reached by the keyboard.
    expect(await tab.evaluate('document.documentElement.scrollWidth')).toBe(360);
    expect(await tab.evaluate(`[...document.querySelectorAll('.scroll')].every((one) => one.tabIndex === 0)`)).toBe(
      true,
    );
    expect(tab.faults).toEqual([]);
    expect(tab.urls.map((url) => url.replace(endpoint.url, ''))).toEqual(['/', '/page.css', '/page.js', '/events']);
  });

  it('keeps the states of objects beside names of any length in sight', async () => {
    const { view } = agentView(['short', 'x'.repeat(255)]);
    await using endpoint = await serve(view);
    const tab = await browser.open(`${endpoint.url}/`, { widthPx: 740, heightPx: 360 });
    await tab.textWith('applied');
    const hidden = `(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)(document.querySelector('.scroll'))`;
    expect(await tab.evaluate(hidden)).toBe(0);
    expect(tab.faults).toEqual([]);
  });

  it('shows a thousand devices in as many rows as can be seen, and what changes', async () => {
    const manager = new ManagedDevices(1_000);
    // What a device says of itself is not signed: a name that looks like HTML, a time that is none.
    manager.change(HOSTILE, 'failed', HOSTILE, '2026-99-99T99:99:99Z');
    await using http = await manager.serve();
    const tab = await browser.open(`${http.url}/`, { isDark: true });
    await tab.textWith('1,001 of 1,001 devices');
    await tab.drawn();
    const text = await tab.textWith('device-0003');
    expect(text).toContain(`asleep until no time\tfailed firmware 7: ${HOSTILE}`);
    const rowCount = () => tab.evaluate<number>(`document.querySelectorAll('.devices tbody tr').length`);
    expect(await rowCount()).toBeLessThan(60);
    expect(await tab.evaluate(`document.querySelector('.devices table').ariaRowCount`)).toBe('1002');
    manager.change(nameOf(3), 'receiving');
    await tab.textWith('receiving firmware 7');
    await tab.evaluate(`document.querySelector('.devices').scrollTo(0, 1e9)`);
    await tab.textWith('device-0999');
    expect(await rowCount()).toBeLessThan(60);
    await tab.evaluate(`(() => {
      const input = document.querySelector('input');
      input.value = 'failed';
      input.dispatchEvent(new Event('input'));
    })()`);
    await tab.textWith('1 of 1,001 devices');
    expect(await tab.evaluate('document.images.length')).toBe(0);
    expect(tab.faults).toEqual([]);
  });

  it('shows no device any more that was forgotten while there was no connection', async () => {
    const manager = new ManagedDevices(5);
    await using http = await manager.serve();
    const tab = await browser.open(`${http.url}/`);
    await tab.textWith('5 of 5 devices');
    manager.forget(nameOf(3));
    // Ends the connections of all clients.
    http.renew({ clientCount: 32, tls: undefined, tokens: [], names: [] });
    await tab.textWith('4 of 4 devices');
    await tab.drawn();
    expect(await tab.textWith('4 of 4 devices')).not.toContain(nameOf(3));
  });

  it('asks for the token that a manager wants, and keeps it in the tab alone', async () => {
    const [right, wrong] = ['a'.repeat(40), 'b'.repeat(40)];
    await using http = await new ManagedDevices(3).serve([right]);
    // By another name than this host's own the manager takes it for a client of elsewhere.
    const tab = await browser.open(`http://${NAME}:${new URL(http.url).port}/`);
    await tab.textWith('This manager asks for a token.');
    const give = (token: string) =>
      tab.evaluate(`(() => {
        document.querySelector('input').value = '${token}';
        document.querySelector('button').click();
      })()`);
    expect(await tab.evaluate(`document.activeElement.name`)).toBe('token');
    await give(wrong);
    await tab.textWith('The manager does not know this token.');
    await give(right);
    await tab.textWith('3 of 3 devices');
    expect(await tab.evaluate('[localStorage.length, document.cookie, location.search]')).toEqual([0, '', '']);
    expect(tab.urls.filter((url) => url.includes(right))).toEqual([]);
  });
});
