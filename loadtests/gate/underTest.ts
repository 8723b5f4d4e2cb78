/** Our server: this build's, or that of another `dist/cli/main.js`. */
export interface ReferenceUnderTest {
  readonly kind: 'reference';
  /** The command line of the build that is judged; absent: this one. */
  readonly cli?: string;
}

/** A server that the run starts with `PORT` in its environment, and ends when it is done. */
export interface CommandUnderTest {
  readonly kind: 'command';
  /** Run by the shell; `{port}` in it stands for the port on which it must listen. */
  readonly command: string;
}

/** A server that runs already, here or elsewhere. */
export interface UrlUnderTest {
  readonly kind: 'url';
  /** `ws://host:port/path` or `wss://...`. */
  readonly url: string;
}

/** What a run judges. */
export type UnderTest = ReferenceUnderTest | CommandUnderTest | UrlUnderTest;
