/** An address as a report may show it: without its user, and with what its query says only where that is a placeholder. */
export function withoutSecrets(address: string): string {
  const [before = '', ...query] = address.split('?');
  const shown = before.replace(/^(\w+:\/\/)[^/@]*@/, '$1...@');
  if (query.length === 0) return shown;
  const pairs = query
    .join('?')
    .split('&')
    .map((pair) => pair.replace(/=(?!\{\w+\}$).+$/, '=...'));
  return `${shown}?${pairs.join('&')}`;
}
