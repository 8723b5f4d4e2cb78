import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ExitCode } from '../protocol/codes.ts';
import { DEFAULT_LIMITS } from '../protocol/limits.ts';
import { ConfigError, type ConfigSources, listSettings, loadServerConfig } from './config.ts';
import { LIMIT_NAMES, SETTINGS } from './settings.ts';

const SECRET = 'a secret of thirty-two bytes, at least';
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tapedeck-config-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function failureOf(sources: ConfigSources): ConfigError {
  try {
    loadServerConfig(sources);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('was taken');
}

describe('loadServerConfig', () => {
  it('should take every default when nothing is set', () => {
    const config = loadServerConfig({ env: {} });

    expect(config).toEqual({
      listen: [{ host: '127.0.0.1', port: 8000 }],
      limits: DEFAULT_LIMITS,
      allowedOrigins: [],
      logLevel: 'warn',
    });
  });

  it('should list every limit, each default within its own range', () => {
    expect([...LIMIT_NAMES].sort()).toEqual(Object.keys(DEFAULT_LIMITS).sort());
    const env = Object.fromEntries(
      SETTINGS.filter(({ name }) => name in DEFAULT_LIMITS).map((setting) => [
        setting.variable,
        String(setting.default),
      ]),
    );
    expect(loadServerConfig({ env }).limits).toEqual(DEFAULT_LIMITS);
  });

  it('should put options before the environment, that before the file', () => {
    const path = file(
      'order.yaml',
      'listen: ["127.0.0.1:1"]\nlogLevel: info\nlimits: { heartbeatMs: 500, drainMs: 7 }',
    );
    const env = { TAPEDECK_LISTEN: '127.0.0.1:2, [::1]:3', TAPEDECK_HEARTBEAT_MS: '250' };

    const fromEnv = loadServerConfig({ env, file: path });
    const fromOption = loadServerConfig({ options: { listen: ['4'] }, env, file: path });

    expect(fromEnv.listen).toEqual([
      { host: '127.0.0.1', port: 2 },
      { host: '::1', port: 3 },
    ]);
    expect(fromEnv.limits).toEqual({ ...DEFAULT_LIMITS, heartbeatMs: 250, drainMs: 7 });
    expect(fromEnv.logLevel).toBe('info');
    expect(fromOption.listen).toEqual([{ host: '127.0.0.1', port: 4 }]);
  });

  it.each([
    ['64k', 'TAPEDECK_MAX_FRAME_BYTES: "64k" is not allowed; give a whole number from 1024 to 16777216'],
    ['', 'TAPEDECK_MAX_FRAME_BYTES: "" is not allowed; give a whole number from 1024 to 16777216'],
    ['1e5', 'TAPEDECK_MAX_FRAME_BYTES: "1e5" is not allowed; give a whole number from 1024 to 16777216'],
    ['12', 'TAPEDECK_MAX_FRAME_BYTES: 12 is not allowed; give a whole number from 1024 to 16777216'],
    [
      '300000',
      'TAPEDECK_MAX_FRAME_BYTES: maxFrameBytes (300000) is above maxTransportFrameBytes (262144); lower the one or raise the other',
    ],
  ])('should refuse %j as maxFrameBytes', (value, message) => {
    const error = failureOf({ env: { TAPEDECK_MAX_FRAME_BYTES: value } });

    expect(error.message).toBe(message);
    expect(error.exitCode).toBe(ExitCode.USAGE);
  });

  it.each([
    ['limits: { maxFramBytes: 4096 }', 'limits.maxFramBytes: no such setting; did you mean limits.maxFrameBytes?'],
    ['heartbeatMs: 100', 'heartbeatMs: no such setting; did you mean limits.heartbeatMs?'],
    [
      'limits: { heartbeatMs: soon }',
      'limits.heartbeatMs: "soon" is not allowed; give a whole number from 10 to 600000',
    ],
    ['limits: 5', 'limits: must hold name: value'],
    ['[1, 2]', 'must hold settings, name: value'],
    ['logLevel: loud', 'logLevel: "loud" is not allowed; give trace, debug, info, warn, error, silent'],
    ['a: [', 'not readable as YAML or JSON'],
    [`jwtSecret: ${SECRET}`, "jwtSecret: secrets don't belong in this file; name a file of its own as jwtSecretFile"],
    ['__proto__: { polluted: 1 }', '__proto__: no such setting'],
  ])('should refuse a file that says %j, naming the place', (content, message) => {
    const path = file('bad.yaml', content);

    const error = failureOf({ env: {}, file: path });

    expect(error.message).toContain(`${path}: ${message}`);
    expect(error.message).not.toContain('\n');
    expect(error.message).not.toContain(SECRET);
    expect(error.exitCode).toBe(ExitCode.BAD_DATA);
  });

  it('should say that a file is missing', () => {
    expect(failureOf({ env: {}, file: 'nowhere.yaml' })).toMatchObject({
      message: 'nowhere.yaml: no such configuration file',
      exitCode: ExitCode.MISSING_INPUT,
    });
  });

  it.each(['0.0.0.0:8000', '[::]:8000', 'example.com:80', '10.0.0.1:1'])(
    'should bind %s only with a secret',
    (listen) => {
      const refused = failureOf({ options: { listen: [listen] }, env: {} });
      const taken = loadServerConfig({ options: { listen: [listen] }, env: { TAPEDECK_JWT_SECRET: SECRET } });

      expect(refused.message).toContain(
        `--listen: ${listen} is open to other machines, which needs a secret: set TAPEDECK_JWT_SECRET`,
      );
      expect(taken.secret).toBe(SECRET);
    },
  );

  it.each(['127.0.0.1', '::1:80', '[::g]:80', 'host:70000', 'a b:1', ':80', 'host:-1'])(
    'should refuse %j as an address',
    (listen) => {
      const error = failureOf({ options: { listen: [listen] }, env: { TAPEDECK_JWT_SECRET: SECRET } });

      expect(error.message).toContain(`--listen: ${JSON.stringify(listen)}: `);
      expect(error.exitCode).toBe(ExitCode.USAGE);
    },
  );

  it('should read the secret from a file, relative to the configuration that names it', () => {
    file('secret.txt', `${SECRET}\n`);
    const path = file('with-secret.json', '{"jwtSecretFile": "secret.txt"}');

    expect(loadServerConfig({ env: {}, file: path }).secret).toBe(SECRET);
    expect(loadServerConfig({ env: { TAPEDECK_JWT_SECRET_FILE: join(folder, 'secret.txt') } }).secret).toBe(SECRET);
  });

  it.each([
    [{ TAPEDECK_JWT_SECRET: 'short-secret' }, 'TAPEDECK_JWT_SECRET: the secret has 12 bytes, at least 32 are needed'],
    [{ TAPEDECK_JWT_SECRET: '' }, 'TAPEDECK_JWT_SECRET: the value is not allowed'],
    [{ TAPEDECK_JWT_SECRET: SECRET, TAPEDECK_JWT_SECRET_FILE: 'x' }, 'are both set; keep one'],
    [{ TAPEDECK_JWT_SECRET_FILE: '/nowhere/secret' }, '/nowhere/secret: no such secret file'],
    [{ TAPEDECK_ALLOWED_ORIGINS: 'example.com' }, 'give a list of origins like https://example.com'],
  ])('should refuse %j', (env, message) => {
    const error = failureOf({ env });

    expect(error.message).toContain(message);
    expect(error.message).not.toContain('short-secret');
  });
});

describe('keys of tokens', () => {
  it('should come from a key set, which opens the server to other machines as a secret does', () => {
    const path = file('keys.json', '{"keys":[]}');
    const env = {
      TAPEDECK_JWKS_FILE: path,
      TAPEDECK_JWT_ALGORITHMS: 'EdDSA, RS256',
      TAPEDECK_JWT_ISSUER: 'https://id.example',
      TAPEDECK_JWT_AUDIENCE: 'tapedeck',
      TAPEDECK_LISTEN: '0.0.0.0:8000',
    };

    expect(loadServerConfig({ env })).toMatchObject({
      keySet: { from: { path }, algorithms: ['EdDSA', 'RS256'] },
      issuer: 'https://id.example',
      audience: 'tapedeck',
    });
  });

  it.each(['https://id.example/keys', 'http://127.0.0.1:9/keys'])('should come from %s', (address) => {
    const { keySet } = loadServerConfig({ env: { TAPEDECK_JWKS_URL: address } });

    expect(keySet).toEqual({ from: { url: new URL(address) }, algorithms: ['ES256', 'EdDSA'] });
  });

  it.each([
    [
      { TAPEDECK_JWKS_URL: 'http://id.example/keys' },
      'is not https, so anybody on the way could give keys of their own',
    ],
    [
      { TAPEDECK_JWKS_URL: 'id.example' },
      'TAPEDECK_JWKS_URL: "id.example" is not allowed; give an address like https://',
    ],
    [{ TAPEDECK_JWKS_URL: 'https://' }, 'TAPEDECK_JWKS_URL: "https://" is'],
    [{ TAPEDECK_JWKS_FILE: '/nowhere/keys' }, '/nowhere/keys: no such key set (TAPEDECK_JWKS_FILE)'],
    [
      { TAPEDECK_JWKS_FILE: 'x', TAPEDECK_JWT_SECRET: SECRET },
      'TAPEDECK_JWT_SECRET and TAPEDECK_JWKS_FILE are both set; keep one',
    ],
    [{ TAPEDECK_JWT_ALGORITHMS: 'none' }, 'give a list of ES256, EdDSA, RS256, PS256'],
    [{ TAPEDECK_JWT_ALGORITHMS: 'HS256' }, 'give a list of ES256, EdDSA, RS256, PS256'],
  ])('should be refused: %j', (env, message) => {
    expect(failureOf({ env }).message).toContain(message);
  });
});

describe('TLS', () => {
  it('should be set by options before the environment, and by paths relative to the file that names them', () => {
    const path = file('tls.yaml', 'tlsCertFile: cert.pem\ntlsKeyFile: key.pem\ncompression: "on"');
    const fromFile = loadServerConfig({ env: {}, file: path });
    const options = { tlsCertFile: '/c.pem', tlsKeyFile: '/k.pem' };

    expect(fromFile.tls).toEqual({ certPath: join(folder, 'cert.pem'), keyPath: join(folder, 'key.pem') });
    expect(fromFile.compression).toBe(true);
    expect(loadServerConfig({ options, env: { TAPEDECK_TLS_KEY_FILE: 'x' } }).tls).toEqual({
      certPath: '/c.pem',
      keyPath: '/k.pem',
    });
  });

  it('should be refused when it is half', () => {
    expect(failureOf({ options: { tlsCertFile: 'c.pem' }, env: {} }).message).toBe(
      '--tls-cert is set without TAPEDECK_TLS_KEY_FILE; TLS needs both',
    );
  });
});

describe('journal', () => {
  it('should be set by the option before the environment, and by a path relative to the file that names it', () => {
    const path = file('journal.yaml', 'journal: kept/here');

    expect(loadServerConfig({ env: {} }).journal).toBeUndefined();
    expect(loadServerConfig({ env: {}, file: path }).journal).toEqual({ folder: join(folder, 'kept/here') });
    expect(loadServerConfig({ env: { TAPEDECK_JOURNAL: '/e' }, file: path }).journal).toEqual({ folder: '/e' });
    const options = { journal: '/o' };
    expect(loadServerConfig({ options, env: { TAPEDECK_JOURNAL: '/e' } }).journal).toEqual({ folder: '/o' });
    const listed = listSettings({ env: { TAPEDECK_JOURNAL: '/e' } }).settings.find(({ name }) => name === 'journal');
    expect(listed).toMatchObject({ value: '/e', source: 'environment', variable: 'TAPEDECK_JOURNAL' });
  });
});

describe('listSettings', () => {
  it('should name source and variable of each setting, and no secret', () => {
    const path = file('list.yaml', 'limits: { drainMs: 7 }');
    const env = { TAPEDECK_JWT_SECRET: SECRET, TAPEDECK_HEARTBEAT_MS: '250' };

    const { settings, warnings } = listSettings({ env, file: path });

    const by = new Map(settings.map((setting) => [setting.name, setting]));
    expect(by.get('jwtSecret')).toMatchObject({ value: 'set', source: 'environment' });
    expect(by.get('heartbeatMs')).toMatchObject({ value: 250, source: 'environment', unit: 'ms' });
    expect(by.get('drainMs')).toMatchObject({ value: 7, source: 'file', variable: 'TAPEDECK_DRAIN_MS' });
    expect(by.get('historyEvents')).toMatchObject({ value: 1024, source: 'default' });
    expect(JSON.stringify(settings)).not.toContain(SECRET);
    expect(warnings).toEqual([]);
  });

  it('should warn of a variable that looks like a mistyped setting', () => {
    const { warnings } = listSettings({ env: { TAPEDECK_HEARTBEATS_MS: '250', TAPEDECK_PORT: 'tcp://10.0.0.1:80' } });

    expect(warnings).toEqual(['TAPEDECK_HEARTBEATS_MS is no setting; did you mean TAPEDECK_HEARTBEAT_MS?']);
  });
});
