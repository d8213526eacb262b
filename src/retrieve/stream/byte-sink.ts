/** Takes the bytes of an object in order. */
export interface ByteSink {
  /**
   * Resolves when the sink can take more bytes. One call at a time.
   * @throws {LayercastError} when the sink takes no more bytes
   */
  write(bytes: Uint8Array): Promise<void>;
  /** All bytes have been written. Resolves when the sink has taken them all. @throws {LayercastError} if it could not use them */
  end(): Promise<void>;
  /** No more bytes will come, and those that came are not the whole object. A `write` that waits rejects. */
  abandon(): void;
}
