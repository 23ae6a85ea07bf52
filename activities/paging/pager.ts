/** How bad it is, in the pager's words. */
export type PageSeverity = 'info' | 'warning' | 'error' | 'critical';

/** What a pager is told about one page; `key` de-duplicates it for ever, `title` has no personal data. */
export type PageNews = {
  key: string;
  journeyId: string | null;
  role: string;
  severity: PageSeverity;
  title: string;
  at: Date;
  /** Where whoever is called finds the rest. */
  link: string;
};

/** `taken`: the pager has it. `refused`: it never will, a person must look. `later`: ask again, not before so many ms. */
export type PagerAnswer =
  { is: 'taken' } | { is: 'refused'; code: string } | { is: 'later'; code: string; afterMs?: number };

/** Calls people and never throws for a provider's failure; what it was told once may be told again under the same key. */
export interface Pager {
  readonly provider: string;
  page(news: PageNews): Promise<PagerAnswer>;
  acknowledge(news: PageNews): Promise<PagerAnswer>;
  resolve(news: PageNews): Promise<PagerAnswer>;
}
