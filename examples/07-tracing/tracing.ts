/** Loaded before anything else: the spans, and who makes one of each HTTP request. */
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { Resource } from '@opentelemetry/resources';
import { ConsoleSpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { OpenTelemetryPlugin } from '@temporalio/interceptors-opentelemetry';

const resource = new Resource({ 'service.name': 'documents' });
// Yours sends them to a collector: a BatchSpanProcessor with an OTLP exporter.
const spanProcessor = new SimpleSpanProcessor(new ConsoleSpanExporter());

const provider = new NodeTracerProvider({ resource, spanProcessors: [spanProcessor] });
provider.register();

/**
 * Extend's client is Node's `fetch`: this makes its spans, and sends `traceparent` along. The worker downloads the
 * manifest of a batch by a URL whose query may be signed, so no span keeps a query.
 */
const fetchInstrumentation = new UndiciInstrumentation({
  startSpanHook: ({ origin, path }) => ({ 'url.full': `${origin}${path.split('?', 1)[0]}`, 'url.query': '' }),
});
fetchInstrumentation.setTracerProvider(provider);

/** Spans of clients, workflows and activities: for `plugins` of `Client` and `Worker.create`. */
export const tracingPlugin = new OpenTelemetryPlugin({ resource, spanProcessor });
