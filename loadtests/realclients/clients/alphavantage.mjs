/** alphavantage: polls quotes. It has no option for the address, but reads it from its configuration at each call. */
import createClient from 'alphavantage';
import { config, on, tell } from './told.mjs';

const settings = { key: config.key };
const client = createClient(settings);
settings.base = `${config.http}/query?apikey=${config.key}&`;

let isDown = false;
async function poll() {
  try {
    const quote = await client.data.quote(config.symbol);
    isDown = false;
    tell({ tick: { price: Number(quote['Global Quote']?.['05. price'] ?? quote.data?.['05. price']) } });
  } catch (error) {
    const text = String(error?.message ?? error);
    if (/calls per minute|requests per/.test(text)) {
      tell({ limit: text });
      return;
    }
    if (!isDown) tell({ cut: text });
    isDown = true;
  }
  setTimeout(poll, 20);
}
tell({ ready: config.symbol });
on('poll', poll);
on('series', async () => tell({ series: await client.data.intraday(config.symbol) }));
