import type postgres from 'postgres';

/** The activity that the hand-written journey is compared by. */
export function createBareActivities(sql: postgres.Sql) {
  return {
    async insertRow(id: string, step: number): Promise<void> {
      await sql`insert into bare_rows (id, step) values (${id}, ${step})`;
    },
  };
}
export type BareActivities = ReturnType<typeof createBareActivities>;
