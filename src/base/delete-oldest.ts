/** Deletes the entry that was added first, to make room in a map or set that has a bound. */
export function deleteOldest(entries: Map<unknown, unknown> | Set<unknown>): void {
  for (const key of entries.keys()) {
    entries.delete(key);
    return;
  }
}
