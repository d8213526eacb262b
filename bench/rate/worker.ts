// Plays trials for another process, one after the other, until that closes the channel.
import { rulesOf } from './ablation.js';
import { rowOf } from './rows.js';
import type { Done, Job } from './work.js';

process.on('message', async (job: Job) => {
  const startCpu = process.cpuUsage();
  const outcome = await rowOf(job.row).play(job.seed, rulesOf(job.rules), job.traces);
  const { user, system } = process.cpuUsage(startCpu);
  const done: Done = { job, cpuS: (user + system) / 1e6, outcome };
  process.send!(done);
});
