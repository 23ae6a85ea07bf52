/** Whether journeys of that kind are incidents, which speak for many accounts and are opened as such. */
export const isIncidentKind = (kind: string): boolean => kind === 'platform-incident' || kind === 'business-incident';
