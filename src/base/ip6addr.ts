import { createRequire } from 'node:module';
import { LayercastError } from './errors.js';

/** The part of ip6addr 0.2 that is used here; the package ships no types. */
export interface Ip6addr {
  /** Throws on anything that is not an address. An address with a zone is none. */
  parse(text: string): ParsedAddress;
}

export interface ParsedAddress {
  /** `ipv4` for IPv4 and IPv4-mapped addresses. */
  kind(): 'ipv4' | 'ipv6';
}

let loaded: Ip6addr | undefined;

/**
 * The package ip6addr, which checks addresses that people write. It is required when it is first needed: with all that it requires itself
 * it takes 30 ms and 5 MB, and a receiver never needs it. The modules that it requires itself cannot be put into a bundle of ES modules, so
 * bundlers must not see it.
 */
export function ip6addr(): Ip6addr {
  loaded ??= load(import.meta.url);
  return loaded;
}

/** @param here undefined where a bundler has turned this file into CommonJS. */
function load(here: string | undefined): Ip6addr {
  try {
    return createRequire(here as string)('ip6addr');
  } catch (cause) {
    throw new LayercastError('INTERNAL', 'the package ip6addr is not installed where layercast looks for it', {
      hint: 'When you bundle a program, leave layercast external, and install it beside the bundle',
      cause,
    });
  }
}
