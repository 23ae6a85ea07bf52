export async function bulkCommand(): Promise<void> {}
