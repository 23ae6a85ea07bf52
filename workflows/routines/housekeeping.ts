export async function housekeeping(): Promise<void> {}
