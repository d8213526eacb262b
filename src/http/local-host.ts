/** Whether a `Host` names this host as a program of this host does: a page of the web that reaches us by a name of its own (DNS rebinding) names that. */
export function isLocalHost(host: string | undefined): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/i.test(host ?? '');
}
