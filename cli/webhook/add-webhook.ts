import { Option, type Command } from 'commander';
import { API_VERSIONS, type ApiVersion } from '../../contract/extend';
import type { ExitStatus } from '../exit-status';
import { parseListenAddress } from '../parse-listen-address';
import { parsePort } from '../parse-port';
import type { WebhookArguments } from './webhook-command';

const DEFAULT_PORT = 8080;

/** Adds `webhook`, which receives events, and its subcommands, which register endpoints at Extend. */
export function addWebhook(program: Command, end: (status: ExitStatus) => void): void {
  const webhook = program
    .command('webhook')
    .description("receive Extend's webhooks, and signal the workflows that wait for the runs")
    .option('--port <port>', 'port for deliveries, on all interfaces; 0 takes a free one', parsePort, DEFAULT_PORT)
    .option(
      '--health <address>',
      'answer 200 here while deliveries are received, 503 while it ends; a port on 127.0.0.1, or 0.0.0.0:<port>',
      parseListenAddress,
    )
    .option(
      '--namespace <namespace>',
      'Temporal namespace with documents; may be repeated (default: TEMPORAL_NAMESPACE, else default)',
      (value: string, before: readonly string[] = []) => [...before, value],
    )
    .action(async (options: WebhookArguments) => {
      const { webhookCommand } = await import('./webhook-command.js');
      end(await webhookCommand(options, process.env));
    });
  addEndpoints(webhook, end);
}

/** Adds the subcommands about endpoints. */
function addEndpoints(webhook: Command, end: (status: ExitStatus) => void): void {
  webhook
    .command('register')
    .description('create an endpoint at Extend; prints its signing secret, which Extend shows only now')
    .argument('<url>', 'public https: URL at which Extend reaches the receiver')
    .option('--name <name>', 'name of the endpoint for people', 'temporal-extend-parse')
    .addOption(
      new Option('--api-version <version>', "version of Extend's API in whose words the events are written")
        .choices(API_VERSIONS)
        .default('2026-02-09'),
    )
    .action(async (url: string, options: { name: string; apiVersion: ApiVersion }) => {
      const { registerCommand } = await import('./endpoint-commands.js');
      end(await registerCommand({ url, ...options }, process.env));
    });
  webhook
    .command('list')
    .description('list the endpoints of the workspace')
    .action(async () => {
      const { listCommand } = await import('./endpoint-commands.js');
      end(await listCommand(process.env));
    });
  webhook
    .command('delete')
    .description('delete an endpoint; Extend then sends no more events to its URL')
    .argument('<id>', 'id of the endpoint, as `list` shows it')
    .action(async (id: string) => {
      const { deleteCommand } = await import('./endpoint-commands.js');
      end(await deleteCommand(id, process.env));
    });
}
