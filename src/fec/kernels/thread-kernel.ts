import type { Kernel } from './kernel.js';
import { PortableKernel } from './portable.js';
import { simdKernel } from './simd.js';

let shared: Kernel | undefined;

/** The one kernel of this thread: with SIMD if the engine has it. */
export function kernel(): Kernel {
  shared ??= newKernel();
  return shared;
}

/** A kernel with memory of its own, which is free when nobody has the kernel any more. */
export function newKernel(): Kernel {
  return simdKernel() ?? new PortableKernel();
}
