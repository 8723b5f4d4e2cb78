import type { GeneratorData } from '../judge/merge.ts';

/**
 * Why nothing that came was a price by the rules of a custom dialect; undefined when something was. Whether the rules or
 * the server are at fault nobody knows; prices that are wrong are read.
 */
export function unreadable(
  generators: readonly Pick<GeneratorData, 'clients' | 'unread' | 'violationCounts'>[],
): string | undefined {
  const first = generators.find(({ unread }) => unread !== '')?.unread;
  const clients = generators.flatMap((data) => data.clients);
  const received = clients.reduce((sum, client) => sum + client.received, 0);
  const isRead =
    clients.some(({ streams }) => streams.some(({ events }) => events > 0)) ||
    generators.some(({ violationCounts }) => (violationCounts.get('wrong_content') ?? 0) > 0);
  if (first === undefined || isRead) return undefined;
  return `none of ${received} messages that came is a price by the rules given; the first: ${first}`;
}
