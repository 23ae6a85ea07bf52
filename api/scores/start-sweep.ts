import type { healthSweep } from '../../workflows/routines/health-sweep.ts';
import { healthSweepId } from '../../workflows/contracts/health.ts';
import { TenureError } from '../../workflows/contracts/errors.ts';
import type { Deps } from '../deps.ts';

/** Starts a sweep of all accounts besides the daily one; answers its workflow id. Throws `engine-unavailable`. */
export async function startSweep({ client, clock, config, limits }: Deps): Promise<string> {
  const workflowId = healthSweepId(config.taskQueue, clock());
  try {
    await client.withDeadline(Date.now() + limits.startMs, () =>
      client.workflow.start<typeof healthSweep>('healthSweep', {
        ...{ workflowId, taskQueue: config.taskQueue, args: [] },
        workflowIdConflictPolicy: 'USE_EXISTING',
        staticSummary: 'Scores the health of every account, as somebody asked',
      }),
    );
  } catch {
    throw new TenureError('engine-unavailable', 'The sweep was not started; repeat the request.', {});
  }
  return workflowId;
}
