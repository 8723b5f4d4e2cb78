import { Type } from '@sinclair/typebox';
import { type Case, theme } from '../case.ts';
import { check, has, read, same, shown } from '../expect.ts';

const health = theme({ dialect: 'http', theme: 'health', paragraph: 'apihealth' });
const metrics = theme({ dialect: 'http', theme: 'metrics', paragraph: 'metrics' });
const errors = theme({ dialect: 'http', theme: 'errors', paragraph: 'http' });

const Health = Type.Object({
  status: Type.Union([Type.Literal('ok'), Type.Literal('draining')]),
  uptimeS: Type.Integer({ minimum: 0 }),
  version: Type.String({ minLength: 1 }),
  epoch: Type.String({ minLength: 1 }),
  symbols: Type.Integer({ minimum: 0 }),
  clients: Type.Integer({ minimum: 0 }),
  feed: Type.Object({
    state: Type.Union(['none', 'waiting', 'playing', 'ended'].map((state) => Type.Literal(state))),
    position: Type.Union([Type.Integer(), Type.Null()]),
  }),
  transport: Type.String({ minLength: 1 }),
});

/** Metrics that a client's operator needs; all of the document's would say the same of each. */
const NAMES = [
  'tapedeck_connections',
  'tapedeck_connections_opened_total',
  'tapedeck_frames_in_total',
  'tapedeck_frames_out_total',
  'tapedeck_bytes_in_total',
  'tapedeck_bytes_out_total',
  'tapedeck_conflated_total',
  'tapedeck_dropped_total',
  'tapedeck_slow_closes_total',
  'tapedeck_ticks_total',
  'tapedeck_commands_total',
  'tapedeck_orders_total',
  'tapedeck_executions_total',
];

/** Health, metrics, and how the HTTP side says no. */
export const httpCases: readonly Case[] = [
  health('is-as-described', async (t) => {
    const { status, body } = await t.http({ path: '/api/health' });
    same(status, 200, 'HTTP');
    read(Health, body, 'the health');
  }),
  health('is-json', async (t) => {
    const { headers } = await t.http({ path: '/api/health' });
    check(shown(headers['content-type']).includes('application/json'), 'application/json', headers['content-type']);
  }),
  health('is-not-kept-by-caches', async (t) => {
    const { headers } = await t.http({ path: '/api/health' });
    check(shown(headers['cache-control']).includes('no-store'), 'cache-control: no-store', headers);
  }),
  health('head-has-no-body', async (t) => {
    const { status, text } = await t.http({ method: 'HEAD', path: '/api/health' });
    same([status, text], [200, ''], 'HTTP and body');
  }),
  health('epoch-is-that-of-the-native-stream', async (t) => {
    const { welcome } = await t.welcome();
    const { body } = await t.http({ path: '/api/health' });
    has(body, { epoch: welcome['epoch'] }, 'the health');
  }),
  health('counts-a-client-that-is-connected', async (t) => {
    await t.welcome();
    const { body } = await t.http({ path: '/api/health' });
    const { clients } = read(Health, body, 'the health');
    check(clients >= 1, 'a client', body);
  }),
  ...['POST', 'PUT', 'DELETE'].map((method) =>
    errors(`${method}-where-it-is-not-taken-is-405`, async (t) => {
      const { status, headers, body } = await t.http({ method, path: '/api/health' });
      same(status, 405, 'HTTP');
      check(shown(headers['content-type']).includes('application/problem+json'), 'a problem document', headers);
      has(body, { status: 405 }, 'a problem');
    }),
  ),
  errors('an-unknown-path-is-404', async (t) => {
    const { status, headers, body } = await t.http({ path: '/nowhere' });
    same(status, 404, 'HTTP');
    check(shown(headers['content-type']).includes('application/problem+json'), 'a problem document', headers);
    has(body, { status: 404 }, 'a problem');
  }),
  metrics('are-prometheus-text', async (t) => {
    const { status, headers } = await t.http({ path: '/metrics' });
    same(status, 200, 'HTTP');
    check(shown(headers['content-type']).includes('text/plain'), 'text/plain', headers['content-type']);
  }),
  ...NAMES.map((name) =>
    metrics(`${name.replaceAll('_', '-')}-is-a-number`, async (t) => {
      const { text } = await t.http({ path: '/metrics' });
      const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `));
      const value = Number(line?.slice(name.length + 1));
      check(line !== undefined && value >= 0, `a line "${name} NUMBER"`, line ?? 'none');
    }),
  ),
];
