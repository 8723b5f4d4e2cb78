// Patterns over TickStock's socket, the last five of each symbol first: node examples/tickstock.mjs AAPL MSFT
import WebSocket from 'ws';

const base = process.env.TAPEDECK_URL ?? 'ws://127.0.0.1:8000';
const token = process.env.TAPEDECK_TOKEN;
const symbols = process.argv.slice(2);

function connect() {
  const socket = new WebSocket(`${base}/patterns/realtime`, {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  });
  const wish = { min_confidence: 0.3, timeframes: ['1m', '5m'], backlog: 5 };
  socket.on('open', () => socket.send(JSON.stringify({ action: 'subscribe', symbols, ...wish })));
  socket.on('message', (text) => {
    const frame = JSON.parse(text);
    if (frame.type === 'subscribed') console.log('subscribed', frame.symbols.join(' '));
    if (frame.type === 'backlog') for (const pattern of frame.patterns) print('earlier', pattern);
    if (frame.type === 'pattern') print('now', frame);
    if (frame.type === 'error') console.error(frame.code, frame.message);
  });
  socket.on('error', (error) => console.error(error.message)); // 'close' follows
  socket.on('close', (code) => code < 4400 && setTimeout(connect, 250 + 750 * Math.random()));
}

function print(when, { symbol, pattern_type, confidence, timestamp, metadata }) {
  const { timeframe, direction, price } = metadata;
  console.log(
    when,
    symbol,
    pattern_type,
    timeframe,
    direction,
    price,
    confidence.toFixed(2),
    new Date(timestamp).toISOString(),
  );
}
connect();
