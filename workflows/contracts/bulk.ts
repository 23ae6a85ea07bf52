/** Input of the `bulkCommand` workflow; `from` is where it goes on after continue-as-new. */
export type BulkCommandInput = { version: 1; bulkId: string; from: number };
/** One page of a bulk command's frozen selection, by position. */
export type BulkPageInput = { bulkId: string; from: number };
/** Where the next page begins; null when there is none. */
export type BulkPage = { next: number | null };

/** The workflow id of a bulk command. */
export const bulkWorkflowId = (bulkId: string): string => `bulk:${bulkId}`;

/** The id of a bulk command's commands: one a journey, so that a page tried again repeats none. */
export const bulkCommandId = (bulkId: string): string => `bulk-${bulkId}`;
