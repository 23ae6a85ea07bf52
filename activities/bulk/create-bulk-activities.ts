export function createBulkActivities(_: object) { return {}; }
