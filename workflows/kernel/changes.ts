import type { Change, Pause, State, StepState } from '../contracts/journey.ts';
import { iso } from './refusal.ts';
import { status } from './views.ts';

function stands(x: StepState | undefined): string | null {
  if (!x) return null;
  if (x.st === 'done') return x.reason ? `${x.outcome}(${x.reason})` : (x.outcome ?? null);
  if (x.st === 'sending' || x.st === 'open') return x.st;
  return x.due === undefined ? null : iso(x.due);
}

const pauseText = (p: Pause | null): string | null => p && (p.until === null ? 'until resumed' : iso(p.until));

/** What people see changed between two states: dates of steps and anchors as ISO text, decisions, pause, plan, owner, status. */
export function changes(before: State, after: State): Change[] {
  const found: Change[] = [];
  const see = (what: string, from: string | null, to: string | null) => {
    if (from !== to) found.push({ what, from, to });
  };
  see('status', status(before), status(after));
  see('pause', pauseText(before.pause), pauseText(after.pause));
  for (const name of Object.keys(after.anchors)) {
    const from = Object.hasOwn(before.anchors, name) ? iso(before.anchors[name]!) : null;
    see(name, from, iso(after.anchors[name]!));
  }
  for (const id of Object.keys(after.steps)) {
    const from = before.steps[id];
    const to = after.steps[id];
    see(id, stands(from), stands(to));
    if (from?.st === 'open' && to?.st === 'open' && from.expires !== to.expires) {
      see(
        `${id}.expires`,
        from.expires === undefined ? null : iso(from.expires),
        to.expires === undefined ? null : iso(to.expires),
      );
    }
  }
  see('plan', before.plan, after.plan);
  see('owner', before.owner, after.owner);
  return found;
}
