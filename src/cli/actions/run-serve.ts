import { LayercastError } from '../../base/errors.js';
import { PreciseClock } from '../../base/precise-clock.js';
import { createSender } from '../../create-sender.js';
import type { SenderOptions } from '../../options/sender-options.js';
import { detailOf } from '../detail.js';
import { sayFailedReload, sayStopped, tellPeople } from '../display/serve-display.js';
import { printEvent } from '../json/print-event.js';
import { reasonOf } from '../reason.js';
import type { Flags } from '../settings.js';
import { mayOutputBlock, workHere } from '../this-thread.js';
import { watching } from '../watching.js';

/** `layercast serve`: runs a sender, and shows its events on stderr or prints them as JSON on stdout. SIGHUP makes it reload. */
export async function runServe(options: SenderOptions, flags: Flags): Promise<void> {
  const json = flags.json === true;
  const detail = detailOf(flags);
  // Only JSON needs the declarations of events.
  const events = json ? await import('../json/serve-events.js') : undefined;
  const watched = await watching(flags, async () => {
    const { SenderMetrics } = await import('../../metrics/sender-metrics.js');
    const { ServerFacts } = await import('../../metrics/server-facts.js');
    const { ServerView } = await import('../../page/server-view.js');
    const facts = new ServerFacts();
    return { figures: new SenderMetrics(facts), view: new ServerView(facts) };
  });
  const figures = watched?.figures;
  // The thread that sends must not wait for anybody: neither for a terminal nor for who looks at the page.
  const clock = mayOutputBlock() || watched !== undefined ? undefined : workHere(new PreciseClock());
  await using sender = createSender({ ...options, clock });
  figures?.follow(sender);
  watched?.view.follow(sender);
  const startedAt = Date.now();
  let hasStarted = false;
  sender.ready.then(
    () => {
      hasStarted = true;
    },
    () => undefined,
  );
  if (events === undefined) tellPeople(sender, detail);
  else events.tellPrograms(sender, printEvent);
  // An error that `refuse` reported for an object is not reported again for the reload.
  const told = new WeakSet<object>();
  sender.on('refuse', ({ error }) => {
    if (typeof error === 'object' && error !== null) told.add(error);
  });
  const reload = () => {
    sender.reload().catch((error: unknown) => {
      // The server is stopping; `done` reports that.
      if (error instanceof LayercastError && error.code === 'ABORTED') return;
      figures?.countFailedReload();
      if (json) printEvent('reloadFailed', reasonOf(error));
      else if (!(typeof error === 'object' && error !== null && told.has(error))) sayFailedReload(error);
    });
  };
  process.on('SIGHUP', reload);
  try {
    await using _ = await watched?.show();
    await sender.done;
  } finally {
    process.removeListener('SIGHUP', reload);
    const { server, objects } = sender.stats();
    const datagrams = objects.flatMap(({ channels }) => channels.map((channel) => channel.datagrams));
    const sum = datagrams.reduce((a, b) => a + b, 0);
    if (!json && hasStarted && server !== undefined) sayStopped(Date.now() - startedAt, sum);
  }
}
