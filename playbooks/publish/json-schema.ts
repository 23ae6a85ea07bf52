import { z } from 'zod';
import { Playbook } from '../../workflows/contracts/playbook.ts';

/** The JSON Schema of a playbook's YAML, for editors; `playbooks/playbook.schema.json` is held equal to it. */
export function playbookJsonSchema(): Record<string, unknown> {
  return { title: 'Tenure playbook', ...z.toJSONSchema(Playbook, { io: 'input', target: 'draft-2020-12' }) };
}
