/** What a `SenderDriver` runs: sends datagrams at times that it knows itself. */
export interface TimedSending {
  /** The shortest time between two of its bursts. */
  readonly burstGapUs: number;
  /** When to call `pump` next; infinite while it waits for a send or a read, which then calls `wake`. */
  readonly nextDueUs: number;
  /** Begins to count at `nowUs`, at first and after each pause; time before that is not made up for. */
  begin(nowUs: number): void;
  /** Sends the datagrams that are due. Calls `wake` when the system has taken them, and when a read has ended. */
  pump(nowUs: number, wake: () => void): void;
  /** Ends all sending. */
  close(): void;
}
