import type { WatchedAgent } from '../../create-agent.js';
import type { ServiceManager } from '../../device/service-manager.js';

/** Tells the service manager how an agent is doing. The agent is ready as soon as it has its journal: an interface may come days later. */
export function tellServiceManager(agent: WatchedAgent, manager: ServiceManager, signal: AbortSignal): void {
  let next: string | undefined;
  const tell = () => manager.status(statusText(agent, next));
  agent.once('start', () => manager.ready());
  agent.on('wake', () => {
    next = undefined;
    tell();
  });
  agent.on('sleep', ({ nextWakeAt }) => {
    next = nextWakeAt;
    tell();
  });
  agent.on('state', tell);
  signal.addEventListener('abort', () => manager.stopping(), { once: true });
}

/** Such as `listening; 3 applied, 1 receiving`. */
function statusText(agent: WatchedAgent, nextWakeAt: string | undefined): string {
  const counts = new Map<string, number>();
  for (const { state } of agent.status()?.objects ?? []) counts.set(state, (counts.get(state) ?? 0) + 1);
  const objects = [...counts].map(([state, count]) => `${count} ${state}`).join(', ') || 'nothing announced yet';
  return `${nextWakeAt === undefined ? 'listening' : `asleep until ${nextWakeAt}`}; ${objects}`;
}
