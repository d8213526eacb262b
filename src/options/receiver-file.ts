import { mappingOf } from '../config/fields.js';
import { readSettings } from '../config/read-settings.js';
import { readText } from '../config/read-text.js';
import { fileShapeOf, settingsFrom } from './file-values.js';
import type { SettingsOf } from './option.js';
import { RECEIVER_OPTIONS } from './receiver-options.js';

export const receiverSchema = mappingOf('a receiver file', fileShapeOf(RECEIVER_OPTIONS)).meta({
  title: 'layercast receiver',
  description: 'Settings of layercast fetch and list on this host',
});

/** A receiver file after all checks, with absolute paths. A setting that the file lacks is undefined; defaults come later. */
export type ReceiverFile = Partial<SettingsOf<typeof RECEIVER_OPTIONS>>;

/**
 * Reads and checks a receiver file.
 *
 * @throws {ConfigError} `CONFIG_INVALID` with every fault; {LayercastError} `FILE_NOT_FOUND`, `PERMISSION_DENIED` or `FILE_IO`.
 */
export async function loadReceiverFile(path: string): Promise<ReceiverFile> {
  return parseReceiverFile(await readText(path), path);
}

/**
 * Checks the text of a receiver file; `path` names it in faults, and relative paths in it start from its folder.
 *
 * @throws {ConfigError} `CONFIG_INVALID` with every fault.
 */
export function parseReceiverFile(text: string, path: string): ReceiverFile {
  const { file, folder, conclude } = readSettings(receiverSchema, text, path);
  return conclude(settingsFrom(RECEIVER_OPTIONS, file, folder), []);
}
