// Prices and the account over PaiiD's socket, an order by HTTP: node examples/paiid.mjs dev AAPL MSFT
import WebSocket from 'ws';

const base = process.env.TAPEDECK_URL ?? 'ws://127.0.0.1:8000';
const headers = process.env.TAPEDECK_TOKEN ? { authorization: `Bearer ${process.env.TAPEDECK_TOKEN}` } : {};
const [user = 'dev', ...symbols] = process.argv.slice(2);
const seen = new Set();

function connect() {
  const socket = new WebSocket(`${base}/ws?user_id=${encodeURIComponent(user)}`, { headers });
  socket.on('message', (text) => {
    const { type, ...frame } = JSON.parse(text);
    if (type === 'connection') socket.send(JSON.stringify({ type: 'subscribe', symbols }));
    if (type === 'subscription_confirmed') console.log('subscribed', frame.symbols.join(' '));
    if (type === 'market_data') {
      console.log(frame.symbol, frame.data.price, `${frame.data.change_percent} %`);
      if (!seen.has(frame.symbol)) buy(frame.symbol);
      seen.add(frame.symbol);
    }
    if (type === 'position_update')
      for (const one of frame.positions) console.log('position', one.symbol, one.quantity);
    if (type === 'portfolio_update') console.log('equity', frame.portfolio.equity);
    if (type === 'trading_alert') console.log('alert', frame.message);
    if (type === 'error') console.error(frame.code, frame.message);
  });
  socket.on('error', (error) => console.error(error.message)); // 'close' follows
  socket.on('close', (code) => code < 4400 && setTimeout(connect, 250 + 750 * Math.random()));
}

async function buy(symbol) {
  const order = { clientOrderId: `first-${symbol}`, symbol, side: 'BUY', orderType: 'MARKET', quantity: '1' };
  const request = { method: 'POST', headers: { ...headers, 'content-type': 'application/json' } };
  const answer = await fetch(`${base.replace(/^ws/, 'http')}/api/orders`, { ...request, body: JSON.stringify(order) });
  if (!answer.ok) console.error((await answer.json()).detail);
}
connect();
