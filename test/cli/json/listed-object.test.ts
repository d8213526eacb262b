import { expect, it } from 'vitest';
import { listedFields } from '../../../dist/cli/json/listed-object.js';
import { blankContent, simulatedKeys, simulatedObject } from '../../../dist/simulate/index.js';
import { Prng } from '../../../dist/simulate/random/prng.js';
import { packDescriptor } from '../../../dist/wire/descriptor.js';
import { unpackDescriptor } from '../../../dist/wire/descriptor-reader.js';

it('lists an announcement with dates that nobody can write, as anybody may send it', () => {
  const channels = [{ rateBitsPerSecond: 1e6 }];
  const { descriptor } = simulatedObject(
    { content: blankContent(1000), channels },
    simulatedKeys(new Prng('listed')).privateKey,
  );
  const farS = 2 ** 48 - 1;
  const heard = unpackDescriptor(packDescriptor({ ...descriptor, createdS: farS, expiresS: farS }))!;
  expect(listedFields({ descriptor: heard, sources: [], genuine: undefined })).toMatchObject({
    created: '281474976710655 s after 1970',
    expires: '281474976710655 s after 1970',
  });
});
