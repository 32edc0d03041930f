import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Counter as CounterName } from '../kernel/count.ts';

/** What an operator can see in numbers, in the format of Prometheus. */
export interface Metrics {
  /** Counts one of what operations report. */
  count(counter: CounterName, label: string): void;
  observeRequest(request: {
    readonly route: string;
    readonly method: string;
    readonly status: number;
    readonly durationMs: number;
  }): void;
  readonly requestsInFlight: { inc(): void; dec(): void };
  /** Subscriptions, which are none of the requests in flight. */
  readonly streamsOpen: { inc(): void; dec(): void };
  /** The page that is scraped, with its content type. */
  render(): Promise<{ readonly text: string; readonly contentType: string }>;
}

const COUNTERS: Readonly<Record<CounterName, { readonly help: string; readonly label: string }>> = {
  provider_failures: { help: 'Calls to providers that failed, by category of failure.', label: 'category' },
  unknown_statuses: { help: 'Statuses from providers that the gateway does not know, by provider.', label: 'provider' },
  alerts: { help: 'Events that need the eye of a person, by type.', label: 'type' },
  webhooks: { help: 'Notifications from providers, by what became of them.', label: 'verdict' },
  jobs_parked: { help: 'Pieces of deferred work that failed for days and wait for an operator, by kind.', label: 'kind' },
  operations_parked: { help: 'Operations that wait for an operator, by kind.', label: 'kind' },
};
const DURATION_BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** What is measured when somebody asks. */
export interface Gauges {
  /** How far the database's clock is ahead of this machine's. */
  readonly clockSkewMs: () => number;
  /** How long the oldest transaction that holds the event log back has been open. */
  readonly logLagMs: () => Promise<number>;
}

/** Each call has a registry of its own, so that several gateways fit into one process. */
export function createMetrics({ clockSkewMs = () => 0, logLagMs = async () => 0 }: Partial<Gauges> = {}): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, prefix: 'tollgate_' });
  const counters = Object.fromEntries(
    Object.entries(COUNTERS).map(([name, { help, label }]) => [
      name,
      { label, counter: new Counter({ name: `tollgate_${name}_total`, help, labelNames: [label], registers }) },
    ]),
  );
  const durations = new Histogram({
    name: 'tollgate_http_request_duration_seconds',
    help: 'Time from the first byte of a request to the last byte of its answer; of a subscription, to its beginning.',
    labelNames: ['route', 'method', 'status'],
    buckets: DURATION_BUCKETS_SECONDS,
    registers,
  });
  void new Gauge({
    name: 'tollgate_clock_skew_seconds',
    help: 'How far the clock of the database, which counts, is ahead of this machine’s.',
    registers,
    collect() {
      this.set(clockSkewMs() / 1_000);
    },
  });
  void new Gauge({
    name: 'tollgate_event_log_lag_seconds',
    help: 'How long the oldest transaction that holds the event log back has been open. NaN: the database did not answer.',
    registers,
    async collect() {
      this.set(
        await logLagMs().then(
          (ms) => ms / 1_000,
          () => Number.NaN,
        ),
      );
    },
  });
  return {
    count(name, value) {
      const entry = counters[name];
      entry?.counter.inc({ [entry.label]: value });
    },
    observeRequest({ route, method, status, durationMs }) {
      durations.observe({ route, method, status }, durationMs / 1_000);
    },
    requestsInFlight: new Gauge({
      name: 'tollgate_http_requests_in_flight',
      help: 'Requests that are being answered.',
      registers,
    }),
    streamsOpen: new Gauge({ name: 'tollgate_http_streams_open', help: 'Subscriptions that are being read.', registers }),
    async render() {
      return { text: await registry.metrics(), contentType: registry.contentType };
    },
  };
}
