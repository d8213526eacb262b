/** How soon a lost connection is made again. */
const RETRY_MS = 3_000;
/** A process tells something each 15 s at least. A connection that brings nothing for so long has gone, as one that a sleeping laptop had, though nobody has said so. */
const SILENT_MS = 60_000;

export interface EventReaderOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly onOpen: () => void;
  readonly onEvent: (event: string, data: unknown) => void;
  /** The connection is lost, and is made again soon. */
  readonly onLost: (reason: string) => void;
}

/** Reads server-sent events for as long as the page is open. EventSource cannot do that: it sends no token. */
export async function readEvents(options: EventReaderOptions): Promise<never> {
  for (;;) {
    const reason = await readOnce(options).catch((error: unknown) => String(error));
    options.onLost(reason);
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

/** @returns why it ended */
async function readOnce({ url, headers, onOpen, onEvent }: EventReaderOptions): Promise<string> {
  const leaving = new AbortController();
  const start = () => setTimeout(() => leaving.abort('nothing came for a minute'), SILENT_MS);
  let silence = start();
  try {
    const response = await fetch(url, { headers, cache: 'no-store', signal: leaving.signal });
    if (!response.ok || response.body === null) return `${response.status}: ${await response.text()}`;
    onOpen();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    for (;;) {
      const { done, value } = await reader.read();
      clearTimeout(silence);
      silence = start();
      if (done) return 'the connection was closed';
      const blocks = (rest + value).split('\n\n');
      rest = blocks.pop()!;
      for (const block of blocks) tell(block, onEvent);
    }
  } finally {
    clearTimeout(silence);
  }
}

function tell(block: string, onEvent: EventReaderOptions['onEvent']): void {
  const field = (name: string) =>
    block
      .split('\n')
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2);
  const [event, data] = [field('event'), field('data')];
  if (event !== undefined && data !== undefined) onEvent(event, JSON.parse(data));
}
