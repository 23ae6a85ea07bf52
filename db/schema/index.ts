export * from './accounts.ts';
export * from './control.ts';
export * from './events.ts';
export * from './journeys.ts';
export * from './messages.ts';
export * from './playbooks.ts';
export * from './work.ts';
