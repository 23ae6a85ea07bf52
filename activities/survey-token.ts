import { seal, unseal } from './sealed-token.ts';

/** What a survey's link stands for: an occurrence of its step. */
export type SurveyClaim = { journeyId: string; step: string; n: number };

const PURPOSE = 'survey/v1';

/** An opaque URL-safe token of the survey; the same survey has the same link for ever. */
export const signSurvey = ({ journeyId, step, n }: SurveyClaim, secret: string): string =>
  seal(JSON.stringify([journeyId, step, n]), secret, PURPOSE);

/** The survey of a token that was signed with this secret, or one of these; undefined for anything forged, altered or malformed. */
export function readSurvey(token: string, secret: string | readonly string[]): SurveyClaim | undefined {
  const plain = unseal(token, secret, PURPOSE);
  if (plain === undefined) return undefined;
  const [journeyId, step, n] = JSON.parse(plain) as [string, string, number];
  return { journeyId, step, n };
}
