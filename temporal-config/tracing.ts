import type { ClientOptions } from '@temporalio/client';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import {
  OpenTelemetryActivityInboundInterceptor,
  OpenTelemetryWorkflowClientInterceptor,
} from '@temporalio/interceptors-opentelemetry';
import type { Config } from './config.ts';

type Tracing = Pick<Config, 'tracing'>;

/**
 * Spans of client calls and activities, through the OpenTelemetry API: they go to whichever SDK the process was started
 * with (`NODE_OPTIONS=--import=<your set-up>`), and nowhere without one.
 */
export const clientTracing = ({ tracing }: Tracing): Pick<ClientOptions, 'interceptors'> =>
  tracing ? { interceptors: { workflow: [new OpenTelemetryWorkflowClientInterceptor()] } } : {};

/** Interceptors of activities, when tracing is on. */
export const activityTracing = ({ tracing }: Tracing): ActivityInterceptorsFactory[] =>
  tracing ? [(context) => ({ inbound: new OpenTelemetryActivityInboundInterceptor(context) })] : [];
