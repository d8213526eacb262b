// The paths of a device's resources. Its manager observes the first two, and sends triggers to the third.

/** What the device says of its objects; observable. */
export const STATE_PATH = 'fw';
/** Whether the device hears its servers, and when it wakes; observable. */
export const RADIO_PATH = 'Radio_link_status';
/** Takes triggers and pushed records. */
export const TRIGGER_PATH = 'sw';
