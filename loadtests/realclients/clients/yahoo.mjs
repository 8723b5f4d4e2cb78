/** yahoo-finance2: polls charts of a minute a bar, through a fetch that goes to the simulator. */
import YahooFinance from 'yahoo-finance2';
import { config, on, tell } from './told.mjs';

const client = new YahooFinance({
  suppressNotices: ['yahooSurvey'],
  fetch: (url, init) => {
    const { pathname, search } = new URL(url);
    return fetch(`${config.http}${pathname}${search}`, init);
  },
});

let isDown = false;
async function poll() {
  try {
    const { meta, quotes } = await client.chart(config.symbol, {
      period1: config.from,
      interval: '1m',
      includePrePost: true,
    });
    isDown = false;
    tell({ tick: { price: meta.regularMarketPrice, bars: quotes.length } });
  } catch (error) {
    const text = `${error.name}: ${error.message}`;
    if (/Too Many Requests|429/.test(text)) {
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
