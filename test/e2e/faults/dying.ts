import { Context } from '@temporalio/activity';
import { composePorts } from '../../../workers/ports.ts';
import { startRig } from '../../../workers/rehearse/rig.ts';
import type { Ground, Rig } from '../../../workers/rehearse/rig.ts';
import { eventually } from '../../support/eventually.ts';

/** Where an attempt of an activity dies: of which run, at which point, and from when on. */
export type Death = { workflowId?: string; point: string; when?: () => Promise<boolean> };

/** A worker beside an API that outlives it: attempts that reach a deadly point get no further, and die with the worker. */
export async function startMortal(ground: Ground, same: Rig['same'], o: { at: number; left: string[] }) {
  const deaths: (Death & { reached: number })[] = [];
  let kill: (error: Error) => void;
  const killed = new Promise<never>((_resolve, reject) => (kill = reject));
  killed.catch(() => undefined);
  const probe = async (point: string) => {
    const { workflowExecution } = Context.current().info;
    const death = deaths.find(
      (one) =>
        one.point === point && (one.workflowId ?? workflowExecution?.workflowId) === workflowExecution?.workflowId,
    );
    if (!death || (death.when && !(await death.when()))) return;
    death.reached++;
    await killed;
  };
  const { mailer } = composePorts({});
  const counted: typeof mailer = {
    ...mailer,
    send: (mail, how) => {
      o.left.push(mail.messageId);
      return mailer.send(mail, how);
    },
  };
  const rig = await startRig(ground, { same, probe, ports: { mailer: counted } });
  rig.shiftTo(o.at);
  return {
    setNow: rig.setNow,
    /** Has attempts die there from now on; waits, when asked, until so many have come. */
    dies: (death: Death) => {
      const of = { ...death, reached: 0 };
      deaths.push(of);
      return (times = 1) => eventually(`somebody dies at ${death.point}`, () => of.reached >= times);
    },
    /** Takes no more work; whatever hangs at a deadly point never gets beyond it. */
    die: async () => {
      const stopped = rig.stop();
      kill(new Error('killed'));
      await stopped;
    },
  };
}
