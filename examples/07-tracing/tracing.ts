/** Sets up tracing. The program loads this module before all others, so that every HTTP request gets a span. */
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { Resource } from '@opentelemetry/resources';
import { ConsoleSpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { OpenTelemetryPlugin } from '@temporalio/interceptors-opentelemetry';

const resource = new Resource({ 'service.name': 'documents' });
// In production, send the spans to a collector: use a BatchSpanProcessor with an OTLP exporter.
const spanProcessor = new SimpleSpanProcessor(new ConsoleSpanExporter());

const provider = new NodeTracerProvider({ resource, spanProcessors: [spanProcessor] });
provider.register();

/**
 * Makes a span of each request by Node's `fetch`, with which the worker calls Extend, and adds the header
 * `traceparent`. The worker downloads the manifest of a batch from a URL whose query may be signed, so no span has a
 * query.
 */
const fetchInstrumentation = new UndiciInstrumentation({
  startSpanHook: ({ origin, path }) => ({ 'url.full': `${origin}${path.split('?', 1)[0]}`, 'url.query': '' }),
});
fetchInstrumentation.setTracerProvider(provider);

/** Makes spans of clients, workflows and activities. Put it into `plugins` of `Client` and `Worker.create`. */
export const tracingPlugin = new OpenTelemetryPlugin({ resource, spanProcessor });
