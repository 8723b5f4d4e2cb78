import type { Frame } from '../expect.ts';
import type { Answer, Tampering, Wrong } from './wrongServer.ts';

/** A wrong server, and the case that must name its rule. */
export interface Mutation {
  readonly caughtBy: string;
  readonly wrong: Wrong;
  /** What is due never comes: only time shows it. */
  readonly isSilence?: true;
}

type Change = (frame: Frame) => readonly Frame[];

/** Changes frames of a type on their way to the client. */
export function frames(type: string, change: Change): Wrong {
  return { socket: () => ({ toClient: (frame) => (frame['type'] === type ? change(frame) : [frame]) }) };
}

/** Sets fields of frames of a type. */
export function set(type: string, fields: Frame): Wrong {
  return frames(type, (frame) => [{ ...frame, ...fields }]);
}

export function without(frame: Frame, name: string): Frame {
  return Object.fromEntries(Object.entries(frame).filter(([key]) => key !== name));
}

/** Leaves a field of frames of a type out. */
export function drop(type: string, name: string): Wrong {
  return frames(type, (frame) => [without(frame, name)]);
}

/** Sets fields of the `data` of frames of a type. */
export function data(type: string, change: (data: Frame) => Frame): Wrong {
  return frames(type, (frame) => [{ ...frame, data: { ...inside(frame, 'data'), ...change(inside(frame, 'data')) } }]);
}

export function inside(frame: Frame, name: string): Frame {
  return Object.fromEntries(Object.entries(frame[name] ?? {}));
}

/** Changes what the client asks for, so that the server does something else. */
export function asked(type: string, change: Change): Wrong {
  const isIt = (frame: Frame): boolean => frame['type'] === type || frame['action'] === type;
  return { socket: () => ({ toServer: (frame) => (isIt(frame) ? change(frame) : [frame]) }) };
}

export function closing(from: number, to: number): Wrong {
  return { socket: () => ({ closeCode: (code) => (code === from ? to : code) }) };
}

/** Answers with another HTTP answer. */
export function http(change: (answer: Answer) => Partial<Answer>): Wrong {
  return { answer: (answer) => ({ ...answer, ...change(answer) }) };
}

export function body(change: (body: Frame) => Frame): Wrong {
  return http((answer) => {
    const isJson = String(answer.headers['content-type']).includes('json');
    return isJson ? { body: JSON.stringify(change(parsed(answer.body))) } : {};
  });
}

function parsed(text: string): Frame {
  const value: unknown = JSON.parse(text);
  return Object.fromEntries(Object.entries(value ?? {}));
}

/** Counts frames of a type on each connection. */
export function counted(type: string, change: (frame: Frame, count: number) => readonly Frame[]): Wrong {
  return {
    socket: () => {
      let count = 0;
      return { toClient: (frame) => (frame['type'] === type ? change(frame, ++count) : [frame]) };
    },
  };
}

/** Answers what only seems to be done. */
export function pretended(type: string, answer: string): Wrong {
  return {
    socket: () => {
      const tampering: Tampering = {
        // The server takes a ping in its place, whose pong becomes the answer.
        toServer: (frame) => {
          if (frame['type'] !== type) return [frame];
          waiting.set(frame['id'], frame);
          return [{ type: 'ping', id: frame['id'] }];
        },
        toClient: (frame) => {
          const asked = frame['type'] === 'pong' ? waiting.get(frame['id']) : undefined;
          return [asked === undefined ? frame : { ...asked, type: answer }];
        },
      };
      const waiting = new Map<unknown, Frame>();
      return tampering;
    },
  };
}

/** Holds frames of a type back until one of another type has gone out. */
export function behind(type: string, other: string): Wrong {
  return {
    socket: () => {
      const held: Frame[] = [];
      return {
        toClient: (frame) => {
          if (frame['type'] === type) {
            held.push(frame);
            return [];
          }
          return frame['type'] === other ? [frame, ...held.splice(0)] : [frame];
        },
      };
    },
  };
}

/** Leaves the first events behind a resume out. */
export function holeAfterResume(): Wrong {
  return {
    socket: () => {
      let toDrop = 0;
      return {
        toClient: (frame) => {
          if (frame['type'] === 'subscribed' && frame['recovered'] === true) toDrop = 2;
          if (frame['type'] !== 'ticker' || toDrop === 0) return [frame];
          toDrop--;
          return [];
        },
      };
    },
  };
}

/** Tells every second connection another price. */
export function otherPrices(): Wrong {
  let connections = 0;
  return {
    socket: () => {
      const isOther = connections++ % 2 === 1;
      return {
        toClient: (frame) =>
          frame['type'] === 'ticker' && isOther
            ? [{ ...frame, data: { ...inside(frame, 'data'), last: 1.23 } }]
            : [frame],
      };
    },
  };
}

/** Changes frames on each connection after the second: those of the drain's cases that come back. */
export function returning(change: (frame: Frame) => Frame): Wrong {
  let connections = 0;
  return {
    socket: () => {
      const isBack = ++connections > 2;
      return { toClient: (frame) => [isBack ? change(frame) : frame] };
    },
  };
}

export function numberIn(frame: Frame, name: string): number {
  return Number(frame[name]);
}
