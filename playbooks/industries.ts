import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { projectRoot } from '../temporal-config/root.ts';

const words = z.string().min(1);
/** What onboardings show an account of its own line of work. */
export type IndustryPack = z.infer<typeof IndustryPack>;
const IndustryPack = z.strictObject({ assistant_template: words, sample_question: words, peer_story: words });

const packs = z
  .object({ other: IndustryPack })
  .catchall(IndustryPack)
  .parse(parse(readFileSync(join(projectRoot(), 'playbooks', '_shared', 'industries.yaml'), 'utf8')));

/** The pack of an industry, from `_shared/industries.yaml`; the one for all others where it has none of its own. */
export const industryPack = (industry: string): IndustryPack =>
  (Object.hasOwn(packs, industry) ? packs[industry] : undefined) ?? packs.other;
