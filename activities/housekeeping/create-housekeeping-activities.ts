export function createHousekeepingActivities(_: object) { return {}; }
