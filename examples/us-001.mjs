// One ticker over US-001's socket, by polling when it can't be had: node examples/us-001.mjs AAPL
import WebSocket from 'ws';

const base = process.env.TAPEDECK_URL ?? 'ws://127.0.0.1:8000';
const headers = process.env.TAPEDECK_TOKEN ? { authorization: `Bearer ${process.env.TAPEDECK_TOKEN}` } : {};
const ticker = encodeURIComponent(process.argv[2] ?? 'AAPL');
const RETRY_S = [2, 4, 8];
const POLL_S = 60;
let attempt = 0;

function connect() {
  const socket = new WebSocket(`${base}/ws/stocks/${ticker}`, { headers });
  const ping = () => socket.send(JSON.stringify({ type: 'ping', timestamp: Date.now() }));
  socket.on('open', ping);
  socket.on('message', (text) => {
    const { type, data } = JSON.parse(text);
    attempt = 0;
    if (type === 'snapshot') console.log('cached', data.price, data.marketStatus);
    if (type === 'price') console.log('price', data.price, `${data.changePercent} %`);
    if (type === 'market_status') console.log('market', data.marketStatus);
    if (type === 'pong') console.log('latency', Date.now() - data.pingTimestamp, 'ms');
    if (type === 'heartbeat') ping();
    if (type === 'error') console.error(data.code, data.message);
  });
  socket.on('error', (error) => console.error(error.message)); // 'close' follows
  socket.on('close', (code) => code < 4400 && setTimeout(attempt < RETRY_S.length ? connect : poll, waitMs()));
}

const waitMs = () => 1000 * (RETRY_S[attempt++] ?? 0);

/** Asks by HTTP, says so, and tries the socket again a minute later. */
async function poll() {
  const url = `${base.replace(/^ws/, 'http')}/api/quotes?symbols=${ticker}&dialect=us-001`;
  const answer = await fetch(url, { headers }).then((response) => response.json(), String);
  console.log('polling', answer.quotes?.[0]?.data.last ?? answer);
  setTimeout(connect, POLL_S * 1000);
}
connect();
