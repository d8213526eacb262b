import { failure, type Judgement, ok, warning } from '../finding.js';
import type { HostFacts } from '../host-facts.js';

/** Whether there is an interface to use, and whether it is clear which. */
export function interfaceChoice({ choice, others }: HostFacts): readonly Judgement[] {
  if ('fault' in choice) {
    const remedy = `${choice.hint ?? 'Bring an interface up and give it an IPv6 address'}; "ip -6 addr" lists them`;
    return [failure(choice.fault, 'Nothing can be sent or received without an interface.', remedy)];
  }
  if (choice.isNamed || others.length === 0) return [ok(`${choice.name} is used`)];
  return [
    warning(
      `${choice.name} is used because it is the first of several: ${[choice.name, ...others].join(', ')}`,
      'After a restart another one may be the first, and the fleet may be on another link.',
      'Name the interface: --interface, or "interface:" in the fleet or receiver file',
    ),
  ];
}
