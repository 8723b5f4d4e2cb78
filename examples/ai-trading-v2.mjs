// Prices, orders and the account over AI-Trading-V2's socket: node examples/ai-trading-v2.mjs BTCUSDT
import WebSocket from 'ws';

const base = process.env.TAPEDECK_URL ?? 'ws://127.0.0.1:8000';
const token = process.env.TAPEDECK_TOKEN;
const symbols = process.argv.slice(2);
let attempt = 0;

function connect() {
  const socket = new WebSocket(`${base}/api/ws/realtime`, {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  });
  const send = (frame) => socket.send(JSON.stringify(frame));
  socket.on('open', () => {
    attempt = 0;
    for (const symbol of symbols) send({ action: 'subscribe_ticker', symbol });
    send({ action: 'get_positions' });
  });
  socket.on('message', (text) => {
    const { type, ...frame } = JSON.parse(text);
    if (type === 'MARKET_UPDATE') console.log(frame.symbol, frame.price, `${frame.priceChangePercent} %`);
    if (type === 'ORDER_UPDATE') {
      const { order } = frame;
      console.log(frame.orderType, order.client_order_id, order.event, order.current_stop_price ?? '');
    }
    if (type === 'POSITION_UPDATE')
      for (const one of frame.positions) console.log('position', one.symbol, one.quantity);
    if (type === 'PORTFOLIO_UPDATE') console.log('equity', frame.portfolio.equity);
    if (type === 'ERROR') console.error(frame.code, frame.message);
  });
  socket.on('error', (error) => console.error(error.message)); // 'close' follows
  // There are no numbers to resume by: a new connection begins with the present prices.
  socket.on('close', (code) => {
    if (code >= 4400) process.exit(1);
    setTimeout(connect, Math.min(30_000, 250 * 2 ** attempt++) * Math.random());
  });
}
connect();
