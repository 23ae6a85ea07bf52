/** Answers at once: whoever starts it learns that a worker of this task queue can run today's workflows. */
export async function canary(): Promise<'ok'> {
  return 'ok';
}
