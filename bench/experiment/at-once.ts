/**
 * Words in front of a server's command, the same for all ways of transfer. A server has a machine of its own in the experiment, and here it shares two processors with all clients and routers: without
 * priority, one channel of 1 Mbit/s sent 0.42 in the seconds in which forty clients kept both busy. A user who may not raise priorities runs the server with the usual one; nice(1) says so.
 */
export const AT_ONCE: readonly string[] = ['nice', '-n', '-20'];

/** The same for a server that starts processes: they have a tree of their own, which ends with the process that the bed ends. */
export const AT_ONCE_AS_TREE: readonly string[] = [...AT_ONCE, 'unshare', '--pid', '--fork', '--kill-child'];
