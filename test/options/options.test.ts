import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { createReceiver, createSender, LayercastError, type OptionName } from '../../dist/index.js';
import { AGENT_OPTIONS, SUBSCRIPTION_OPTIONS, WAKE_OPTIONS } from '../../dist/options/agent-options.js';
import { GATEWAY_OPTIONS } from '../../dist/options/gateway-options.js';
import { MANAGER_OPTIONS } from '../../dist/options/manager-options.js';
import { keyOf, type Option, type OptionTable, writtenDefaultOf } from '../../dist/options/option.js';
import { OptionsError } from '../../dist/options/options-error.js';
import { faultsOfValue } from '../../dist/options/program-values.js';
import { RECEIVER_OPTIONS, type ReceiverOptions } from '../../dist/options/receiver-options.js';
import { SENDER_OPTIONS, type SenderOptions } from '../../dist/options/sender-options.js';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const GOOD_RECEIVER = { fleet: 'acme', object: 'firmware', key: publicKey, output: '/nowhere/at/all/out.img' };
const GOOD_SENDER = { config: '/nowhere/fleet.yaml' };

/** What no option takes: each kind of value in its turn; those that an option does take are left out by its schema. */
const STRANGE: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  NaN,
  Infinity,
  2 ** 53,
  1e300,
  10n,
  Symbol('x'),
  '',
  '5Mbit',
  'a\nb',
  ' ',
  'x'.repeat(5000),
  [],
  [0, 'a'],
  [-1],
  [32],
  {},
  { aborted: true },
  { join: 1 },
  () => 1,
  new Date(0),
];

const CALLS = [
  { call: 'createReceiver', table: RECEIVER_OPTIONS as OptionTable, good: GOOD_RECEIVER, fails: failureOfReceiver },
  { call: 'createSender', table: SENDER_OPTIONS as OptionTable, good: GOOD_SENDER, fails: failureOfSender },
] as const;

async function failureOfReceiver(options: unknown): Promise<unknown> {
  const receiver = createReceiver(options as ReceiverOptions);
  const failure = await receiver.done.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(receiver.stats()).toBeUndefined();
  await receiver.close();
  return failure;
}

async function failureOfSender(options: unknown): Promise<unknown> {
  const sender = createSender(options as SenderOptions);
  const failures = await Promise.all(
    [sender.ready, sender.done, sender.done.catch(() => sender.reload())].map((promise) =>
      promise.then(
        () => undefined,
        (error: unknown) => error,
      ),
    ),
  );
  expect(failures[1]).toBe(failures[0]);
  expect(failures[2]).toBeInstanceOf(LayercastError);
  expect(sender.stats()).toEqual({ server: undefined, objects: [] });
  await sender.close();
  return failures[0];
}

describe.each(CALLS)('the options of $call', ({ call, table, good, fails }) => {
  const cases = Object.entries(table).flatMap(([option, { kind }]) =>
    STRANGE.filter((value) => faultsOfValue(kind, option, value).length > 0).map((value) => ({ option, value })),
  );

  it('are each refused in some wrong type or range', () => {
    expect(new Set(cases.map(({ option }) => option))).toEqual(new Set(Object.keys(table)));
  });

  it.each(cases)('refuse $option: $value, with USAGE, the name and what is allowed', async ({ option, value }) => {
    const failure = await fails({ ...good, [option]: value });
    expect(failure).toBeInstanceOf(OptionsError);
    const { code, faults, message, hint } = failure as OptionsError;
    expect(code).toBe('USAGE');
    expect(faults.map((fault) => fault.option.split('.')[0])).toEqual(faults.map(() => option));
    expect(message).toMatch(new RegExp(`^${option}.*: .*, found .*, allowed: .`));
    expect(`${message}${hint}`).not.toContain('--');
  });

  it('are refused all at once', async () => {
    const wrong = Object.fromEntries(Object.keys(table).map((option) => [option, Symbol('wrong')]));
    const failure = (await fails({ ...wrong, nonsense: 1 })) as OptionsError;
    expect(failure.faults.map(({ option }) => option).toSorted()).toEqual(
      [...Object.keys(table), 'nonsense'].toSorted(),
    );
    expect(failure.message.split('\n')).toHaveLength(failure.faults.length);
  });

  it.each([undefined, null, 5, 'acme/firmware', [], () => good])('that are %o are refused', async (options) => {
    const failure = await fails(options);
    expect(failure).toMatchObject({ name: 'LayercastError', code: 'USAGE', hint: expect.stringContaining(call) });
    expect((failure as Error).message).toMatch(/^options: .*allowed: an object with /);
  });

  it('that are missing are named', async () => {
    const failure = (await fails({})) as OptionsError;
    expect(failure.faults.map(({ option }) => option)).toEqual(Object.keys(good));
    for (const { text } of failure.faults) expect(text).toMatch(/found nothing, allowed: /);
  });

  it('have names that are found though they are mistyped', async () => {
    for (const option of Object.keys(table)) {
      const wrong = `${option.slice(0, -1)}${option.at(-1)!.toUpperCase()}x`;
      const { faults } = (await fails({ ...good, [wrong]: 1 })) as OptionsError;
      expect(faults).toEqual([{ option: wrong, text: expect.stringContaining(`did you mean ${option}?`) }]);
    }
  });

  it('may be undefined wherever they may be missing', async () => {
    const open = Object.keys(table).filter((option) => !(option in good));
    const failure = await fails({ ...Object.fromEntries(open.map((option) => [option, undefined])), ...good });
    expect(failure).toBeInstanceOf(LayercastError);
    expect(failure).not.toMatchObject({ code: 'USAGE' });
  });
});

describe('options that had another name', () => {
  it.each(['timeoutUs', 'patienceUs'])('%s is refused, with the new name and its unit', async (option) => {
    const failure = (await failureOfReceiver({ ...GOOD_RECEIVER, [option]: 1e6 })) as OptionsError;
    expect(failure.faults).toEqual([
      {
        option,
        text: `unknown option, found "${option}", allowed: ${option.replace('Us', 'Ms')}, which counts milliseconds`,
      },
    ]);
  });
});

describe('the key of a receiver', () => {
  const pem = (key: typeof publicKey) => key.export({ type: key.type === 'public' ? 'spki' : 'pkcs8', format: 'pem' });
  const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey;

  it.each([
    ['a private key object', privateKey, 'holds a private key'],
    ['a private key as text', pem(privateKey), 'holds a private key'],
    ['a public key of another kind', rsa, 'found an rsa public key'],
    ['a public key of another kind as text', pem(rsa), 'found an rsa public key'],
    ['a path instead of a key', './layercast.pub', 'found no key'],
    ['bytes that are no key', Buffer.from('x'), 'found no key'],
  ])('that is %s is refused as KEY_INVALID', async (_, key, message) => {
    const failure = await failureOfReceiver({ ...GOOD_RECEIVER, key });
    expect(failure).toBeInstanceOf(LayercastError);
    expect(failure).toMatchObject({ code: 'KEY_INVALID', message: expect.stringContaining(message) });
  });

  it('is told of together with what else is wrong', async () => {
    const failure = (await failureOfReceiver({ ...GOOD_RECEIVER, key: privateKey, port: 0 })) as OptionsError;
    expect(failure.code).toBe('USAGE');
    expect(failure.faults.map(({ option }) => option)).toEqual(['port', 'key']);
  });

  it.each([
    ['an object', publicKey],
    ['text', pem(publicKey)],
    ['bytes', Buffer.from(pem(publicKey) as string)],
  ])('is taken as %s', async (_, key) => {
    expect(await failureOfReceiver({ ...GOOD_RECEIVER, key })).toMatchObject({
      code: expect.not.stringMatching(/USAGE|KEY_INVALID/),
    });
  });
});

describe('a sender after its end', () => {
  it('refuses to reload, tells no counts, and may be closed again', async () => {
    const sender = createSender(GOOD_SENDER);
    await expect(sender.done).rejects.toMatchObject({ name: 'LayercastError', code: 'FILE_NOT_FOUND' });
    await expect(sender.reload()).rejects.toMatchObject({ name: 'LayercastError', code: 'ABORTED' });
    expect(sender.stats().objects).toEqual([]);
    await sender.close();
    await sender[Symbol.asyncDispose]();
  });

  it.each([undefined, 'a text', new Error('enough'), 7])(
    'that was aborted with %o rejects with nothing but a LayercastError',
    async (reason) => {
      const controller = new AbortController();
      const sender = createSender({ ...GOOD_SENDER, signal: controller.signal });
      controller.abort(reason);
      const outcomes = await Promise.allSettled([sender.ready, sender.done, sender.done.then(() => sender.reload())]);
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(LayercastError);
      }
    },
  );
});

describe('the names of options', () => {
  it('are all known to hints', () => {
    expectTypeOf<
      | keyof ReceiverOptions
      | 'output.device'
      | keyof SenderOptions
      | keyof typeof AGENT_OPTIONS
      | keyof typeof GATEWAY_OPTIONS
      | keyof typeof MANAGER_OPTIONS
    >().toEqualTypeOf<OptionName>();
  });
});

describe('the declaration of an option', () => {
  const tables = [
    ['receiver', RECEIVER_OPTIONS],
    ['sender', SENDER_OPTIONS],
    ['agent', AGENT_OPTIONS],
    ['agent', SUBSCRIPTION_OPTIONS],
    ['agent', WAKE_OPTIONS],
    ['gateway', GATEWAY_OPTIONS],
    ['manager', MANAGER_OPTIONS],
  ] as const;

  it.each(tables)('of a %s shows its docstring and its default in an editor', (name, table: OptionTable) => {
    const types = readFileSync(new URL(`../../dist/options/${name}-options.d.ts`, import.meta.url), 'utf8');
    for (const [option, { kind, default: value }] of Object.entries(table)) {
      const [, comment] = new RegExp(`/\\*\\*([^/]*(?:/[^/]+)*?)\\*/\\s+readonly ${option}: {`).exec(types) ?? [];
      expect(comment, option).toMatch(/[A-Za-z]{3}/);
      const written = kind.form === 'truth' ? String(value) : writtenDefaultOf({ kind, default: value } as Option);
      if (value !== undefined) expect(comment).toContain(`@default ${written}`);
    }
  });

  it.each(tables)('of a %s has a flag, a variable and a key that no other has', (_, table: OptionTable) => {
    const flags = Object.values(table).flatMap(({ flag }) => flag ?? []);
    expect(new Set(flags.map(keyOf)).size).toBe(flags.length);
    for (const { flag, fileKey, file } of Object.values(table))
      if (file !== undefined) expect(flag ?? fileKey).toMatch(/[a-z]/);
  });
});
