export type Counter = 'provider_failures' | 'unknown_statuses' | 'alerts' | 'webhooks' | 'operations_parked' | 'jobs_parked';

/** Counts something that an operator wants to see in the metrics. */
export type Count = (counter: Counter, label: string) => void;
