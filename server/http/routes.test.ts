import { describe, expect, it } from 'vitest';
import { createHttpHandler, type Health } from './routes.ts';
import { VERSION } from './version.ts';

const HEALTH: Health = {
  status: 'ok',
  uptimeS: 1,
  version: VERSION,
  epoch: 'e1',
  symbols: 2,
  clients: 3,
  feed: { state: 'playing', position: 5 },
  transport: 'test',
};

function handler(health: Health = HEALTH) {
  const metrics = { contentType: 'text/plain', text: async () => 'a 1\n' };
  const handle = createHttpHandler({ health: () => health, metrics });
  return (method: string, path: string) => handle({ method, path, query: '', headers: {} });
}

describe('createHttpHandler', () => {
  it('should answer health with what the server says of itself', async () => {
    const response = await handler()('GET', '/api/health');

    expect(response).toMatchObject({ status: 200, headers: { 'content-type': 'application/json' } });
    expect(JSON.parse(response.body)).toEqual(HEALTH);
  });

  it('should answer 503 while draining', async () => {
    const response = await handler({ ...HEALTH, status: 'draining' })('GET', '/api/health');

    expect(response.status).toBe(503);
    expect(JSON.parse(response.body)).toMatchObject({ status: 'draining' });
  });

  it('should answer metrics in their own type', async () => {
    expect(await handler()('GET', '/metrics')).toMatchObject({
      status: 200,
      headers: { 'content-type': 'text/plain' },
      body: 'a 1\n',
    });
  });

  it('should answer HEAD as GET without a body', async () => {
    expect(await handler()('HEAD', '/metrics')).toMatchObject({
      status: 200,
      headers: { 'content-type': 'text/plain' },
      body: '',
    });
  });

  it('should refuse other methods and name the ones it takes', async () => {
    const response = await handler()('POST', '/metrics');

    expect(response).toMatchObject({
      status: 405,
      headers: { allow: 'GET, HEAD', 'content-type': 'application/problem+json' },
    });
    expect(JSON.parse(response.body)).toMatchObject({ type: 'about:blank', status: 405 });
  });

  it.each(['/', '/api/health/', '/__proto__', '/API/HEALTH'])(
    'should answer %s with a problem document',
    async (path) => {
      const response = await handler()('GET', path);

      expect(response).toMatchObject({ status: 404, headers: { 'content-type': 'application/problem+json' } });
      expect(JSON.parse(response.body)).toMatchObject({ status: 404, title: 'Not found' });
    },
  );
});
