import { LayercastError } from '../../dist/base/errors.js';
import { CAUTIONS, RULES, type Rules, rulesFor, rulesWithout } from '../../dist/rate/rules.js';

/** Parts of rate control that can be switched off: the switches of its rules. */
export const PARTS = Object.keys(RULES.switches) as readonly Part[];

type Part = Extract<keyof Rules['switches'], string>;

/** What a job says about the rules. */
export interface RuleChoice {
  /** Names of parts to switch off, with commas between; undefined for none. */
  readonly without?: string | undefined;
  /** Constants to change, as `climb.startStepUs=450000`, with commas between; undefined for none. */
  readonly constants?: string | undefined;
  /** @default normal */
  readonly caution?: string | undefined;
}

/**
 * The rules of a degree of caution, with some parts switched off and some constants changed.
 *
 * @throws {LayercastError} `USAGE` when nothing is called that.
 */
export function rulesOf({ without, constants, caution }: RuleChoice): Rules {
  const degree = CAUTIONS.find((one) => one === (caution ?? 'normal'));
  if (degree === undefined) throw wrong(`no caution is called "${caution}"`, CAUTIONS);
  const off = without?.split(',').map((part) => {
    const known = PARTS.find((name) => name === part);
    if (known === undefined) throw wrong(`nothing is called "${part}"`, PARTS);
    return known;
  });
  const rules = rulesWithout(off ?? [], rulesFor(degree));
  return constants === undefined ? rules : constants.split(',').reduce(changed, rules);
}

function changed(rules: Rules, assignment: string): Rules {
  const [path = '', text = ''] = assignment.split('=');
  const [name = '', constant = ''] = path.split('.');
  const groups: Readonly<Record<string, Readonly<Record<string, number | boolean>>>> = rules;
  const group = groups[name];
  if (group === undefined) throw wrong(`no rules are called "${name}"`, Object.keys(rules));
  if (typeof group[constant] !== 'number') throw wrong(`no rule is called "${path}"`, Object.keys(group));
  const value = Number(text);
  if (text === '' || Number.isNaN(value)) throw wrong(`${assignment} names no number`, ['climb.startStepUs=450000']);
  return { ...rules, [name]: { ...group, [constant]: value } };
}

function wrong(message: string, known: readonly string[]): LayercastError {
  return new LayercastError('USAGE', message, { hint: `one of: ${known.join(', ')}` });
}
