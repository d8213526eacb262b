/** nobody */
const UID = 65534;

/** Runs as a user whom permission bits hold back: root drops to nobody meanwhile (in all threads, as glibc does it). */
export async function asOrdinaryUser<T>(run: () => Promise<T>): Promise<T> {
  if (process.geteuid!() !== 0) return run();
  process.seteuid!(UID);
  try {
    return await run();
  } finally {
    process.seteuid!(0);
  }
}
