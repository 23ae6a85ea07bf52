const spoken: Record<string, string> = {};

/** The sentence for a reason, for people. */
export const inWords = (reason: string): string => spoken[reason] ?? reason.replaceAll('-', ' ');
