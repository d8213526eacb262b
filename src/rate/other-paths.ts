/** What one path has to know of the other paths of the same receiver. */
export interface OtherPaths {
  /** Rate that the other paths carry through the same bottleneck. */
  readonly bitsPerSecond: number;
  /** Whether no other path is trying a level. Only one path tries a level at a time. */
  readonly areQuiet: boolean;
}

export const NO_OTHER_PATHS: OtherPaths = { bitsPerSecond: 0, areQuiet: true };
