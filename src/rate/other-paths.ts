/** What other paths of the same receiver mean for one. */
export interface OtherPaths {
  /** What comes on them through the same bottleneck. */
  readonly bitsPerSecond: number;
  /** Whether none of them is trying a level: experiments are made one at a time. */
  readonly areQuiet: boolean;
}

export const NO_OTHER_PATHS: OtherPaths = { bitsPerSecond: 0, areQuiet: true };
