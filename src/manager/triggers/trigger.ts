/** What devices are to be told: to look for new versions now, of all their objects or of one, or a record itself. */
export interface TriggerOrder {
  /** Undefined: all objects. */
  readonly object: string | undefined;
  /** A signed record, which is pushed to the device. */
  readonly record: Uint8Array | undefined;
  /** It is given up after this time. */
  readonly expiresInMs: number;
}

/** An order that waits for its device. Times are milliseconds since 1970-01-01, by this host's clock. */
export interface Trigger {
  readonly id: string;
  readonly device: string;
  readonly object: string | undefined;
  /** The key of a record that is pushed. */
  readonly record: string | undefined;
  readonly queuedAtMs: number;
  /** It is not sent any more from then on. */
  readonly expiresAtMs: number;
  /** How often it was sent. */
  readonly attemptCount: number;
}

/** How a trigger ended. A device may have acted on one that expired: its answer was lost then. */
export type TriggerResult = 'delivered' | 'refused' | 'expired' | 'cancelled';

export interface TriggerOutcome {
  readonly id: string;
  readonly result: TriggerResult;
  readonly atMs: number;
  /** Why, for people. */
  readonly message?: string | undefined;
}

/** Why an order is not queued for a device: nobody knows the device, or too many triggers wait. */
export type TriggerFault = 'unknown' | 'full';
