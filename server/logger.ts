import { destination, type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/** Paths at which a secret could stand in a logged object. */
const SECRET_PATHS = [
  'token',
  'secret',
  'authorization',
  'headers.authorization',
  '*.token',
  '*.secret',
  '*.authorization',
];

/**
 * Makes the server's log: lines of JSON to stderr (stdout belongs to the command), secrets removed.
 *
 * @param level least severity, `silent` for none
 * @param fd file descriptor to write to
 */
export function createLogger(level: string, fd = 2): Logger {
  return pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: SECRET_PATHS, remove: true },
    },
    destination({ fd, sync: true }),
  );
}
