import { z } from 'zod';
import { DURATION } from '../base/units.js';
import { line, mappingOf, quantity, says } from '../config/fields.js';
import type { OutputTarget } from './output-target.js';
import { COMMAND_RULE, isCommand } from './program-values.js';

const wrongCommand = says(COMMAND_RULE.wrong, COMMAND_RULE.allowed);

/** A program with its arguments. */
export const command = z.array(z.string(wrongCommand), wrongCommand).refine(isCommand, wrongCommand);

const pipe = mappingOf('an output', {
  pipe: command.meta({ description: 'Command that gets the verified bytes in order on its standard input' }),
  timeout: quantity(DURATION, 1e6, 7 * 86_400e6)
    .optional()
    .meta({ description: 'The command is ended when it takes longer from its first byte on. Default: never' }),
});

const dir = mappingOf('an output', { dir: line('not a path').meta({ description: 'Folder that a tree becomes' }) });

const device = mappingOf('an output', {
  device: line('not a path').meta({ description: 'Block device that is overwritten in place' }),
});

/** Where an object goes, as files write it. */
export const outputTarget = z
  .union([line('not an output'), pipe, dir, device], {
    error: ({ input }) =>
      says('not an output', 'a path, or { pipe: [program, argument, …] }, { dir: FOLDER } or { device: PATH }').error({
        input,
      }),
  })
  .transform((value): OutputTarget => {
    if (typeof value === 'string' || !('pipe' in value)) return value;
    return value.timeout === undefined ? { pipe: value.pipe } : { pipe: value.pipe, timeoutMs: value.timeout / 1000 };
  });
