import { agent } from './commands/agent.js';
import { cache } from './commands/cache.js';
import { completion } from './commands/completion.js';
import { config } from './commands/config.js';
import { demo } from './commands/demo.js';
import { doctor } from './commands/doctor.js';
import { fetch } from './commands/fetch.js';
import { gateway } from './commands/gateway.js';
import { keygen } from './commands/keygen.js';
import { list } from './commands/list.js';
import { manager } from './commands/manager.js';
import { mirror } from './commands/mirror.js';
import { plan } from './commands/plan.js';
import { plot } from './commands/plot.js';
import { publish } from './commands/publish.js';
import { release } from './commands/release.js';
import { root } from './commands/root.js';
import { serve } from './commands/serve.js';
import { sign } from './commands/sign.js';
import { simulate } from './commands/simulate.js';
import { verify } from './commands/verify.js';
import type { Registrations } from './run.js';

/** In the order of the help text: what is needed to begin, what runs every day, what helps. */
export const REGISTRATIONS: Registrations = {
  keygen,
  serve,
  publish,
  release,
  mirror,
  fetch,
  agent,
  gateway,
  manager,
  list,
  doctor,
  plan,
  simulate,
  plot,
  config,
  sign,
  root,
  verify,
  cache,
  completion,
  demo,
};
