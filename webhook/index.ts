/**
 * `temporal-extend-parse/webhook`, for the endpoint of Extend's webhooks: checks a delivery and signals the workflow that
 * waits for the run. Loads no worker code, and needs no key of Extend.
 *
 * @packageDocumentation
 */
export { createWebhookHandler } from './create-webhook-handler';
export type { WebhookHandler } from './create-webhook-handler';
export { createWebhookListener } from './create-webhook-listener';
export type { DeliveryOutcome, WebhookDelivery } from './delivery';
export type { WebhookHandlerOptions, WebhookSecrets } from './handler-options';
export { createWebhookMetrics } from './webhook-metrics';
export type { WebhookMetrics } from './webhook-metrics';
export { findSignatureProblem } from './verify-signature';
export type { SignatureClock, SignatureHeaders, SignatureInput, SignatureProblem } from './verify-signature';
