/** Calls `reload`, which never rejects, at each SIGHUP until it is disposed. One call at a time: signals meanwhile are followed by one more. */
export function onHangup(reload: () => Promise<void>): Disposable {
  let [isAsked, isBusy] = [false, false];
  const note = async (): Promise<void> => {
    isAsked = true;
    if (isBusy) return;
    isBusy = true;
    while (isAsked) {
      isAsked = false;
      await reload();
    }
    isBusy = false;
  };
  process.on('SIGHUP', note);
  return { [Symbol.dispose]: () => void process.removeListener('SIGHUP', note) };
}
