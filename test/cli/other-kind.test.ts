import { expect, test } from 'vitest';
import { errorOfOtherKind } from '../../dist/cli/other-kind.js';
import { ConfigError } from '../../dist/config/faults.js';

function errorFor(command: string, text: string) {
  return errorOfOtherKind(command, new ConfigError('a.yaml', [], text));
}

const SCENARIO = 'duration: 2min\nobject: { size: 1MB }\nreceivers: { r: {} }\n';
const FLEET = 'fleet: acme\nobjects:\n  a:\n    file: a\n    channels: [{ rate: 1Mbit/s }]\n';
const AGENT = 'fleet: acme\nkey: k\nsubscribe: [{ object: a, output: a }]\n';

test('a command that got the file of another command says whose it is, and what to run', () => {
  const error = errorFor('plan', SCENARIO);
  expect(error).toMatchObject({
    code: 'CONFIG_INVALID',
    message: 'a.yaml is a scenario; layercast plan reads a fleet file',
  });
  expect(error!.hint).toContain('Run layercast simulate with it');
  expect(errorFor('simulate', FLEET)!.message).toBe('a.yaml is a fleet file; layercast simulate reads a scenario');
  expect(errorFor('serve', AGENT)!.message).toBe('a.yaml is an agent file; layercast serve reads a fleet file');
  expect(errorFor('sign', AGENT)!.message).toBe('a.yaml is an agent file; layercast sign reads a fleet file');
  const forReceivers = 'a.yaml is a fleet file; layercast list reads a file of settings for receivers';
  expect(errorFor('list', FLEET)).toMatchObject({
    message: forReceivers,
    hint: expect.stringContaining('layercast serve'),
  });
});

test('the faults of a file of the right kind are left as they are, whatever else one of its settings is called', () => {
  expect(errorFor('plan', FLEET)).toBeUndefined();
  expect(errorFor('serve', `${FLEET}receivers: 5\n`)).toBeUndefined();
  const withLadder = 'fleet: acme\nobjects: { a: { file: a, ladder: { from: 1Mbit, to: 4Mbit } } }\nduration: 5s\n';
  expect(errorFor('serve', withLadder)).toBeUndefined();
  expect(errorFor('simulate', 'nothing: here\n')).toBeUndefined();
  expect(errorFor('cache', SCENARIO)).toBeUndefined();
  // Three kinds of files name their fleet, so a wrong name of what else they need makes no other kind of them.
  expect(errorFor('agent', 'fleet: acme\nkey: k\nsubscribed: [{ object: a, output: a }]\n')).toBeUndefined();
  expect(errorFor('gateway', 'fleet: acme\nkey: k\nobject: [a]\n')).toBeUndefined();
  expect(errorFor('gateway', 'fleet: acme\nkey: k\nobject: [a]\nlisten: 8080\n')).toBeUndefined();
  expect(errorFor('manager', 'coap: "[::]:99999"\nlisten: 127.0.0.1:8090\n')).toBeUndefined();
  expect(errorFor('manager', 'fleet: acme\nkey: k\nobjects: [a]\nlisten: 8080\n')!.message).toContain(
    'is a gateway file',
  );
  // A list has methods that are called as settings are, such as fill.
  expect(errorFor('plan', '- a\n- b\n')).toBeUndefined();
});
