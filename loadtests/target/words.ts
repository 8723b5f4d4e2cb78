import type { CommandUnderTest, UrlUnderTest } from '../gate/underTest.ts';
import { withoutSecrets } from './secrets.ts';

/** What was judged, how it was fed and how it was looked into: the first notes of a report. */
export function targetNotes(
  underTest: CommandUnderTest | UrlUnderTest,
  run: { readonly dialect: string; readonly pid: number | undefined },
): string[] {
  const { dialect, pid } = run;
  const what = underTest.kind === 'url' ? withoutSecrets(underTest.url) : `the server started by: ${underTest.command}`;
  const looked = [
    ...(pid === undefined ? [] : [`pid ${pid}${underTest.pid === undefined ? ', which listens there' : ''}`]),
    ...(underTest.metricsUrl === undefined ? [] : [withoutSecrets(underTest.metricsUrl)]),
  ];
  const within = looked.length > 0 ? looked.join(' and ') : 'nothing';
  const notes = [`judged: ${what}, dialect ${dialect}, ${fedWords(underTest)}, looked into by ${within}`];
  if (underTest.tls?.isInsecure === true) {
    notes.push('ATTENTION: the server was not known by its certificate (--insecure): anybody may have answered');
  }
  return notes;
}

/** How a target is fed, in words. */
export function fedWords({ fed = { kind: 'own' } }: CommandUnderTest | UrlUnderTest): string {
  switch (fed.kind) {
    case 'own':
      return 'fed by its own feed, which is not known here';
    case 'tape':
      return 'playing the same tape itself';
    case 'provider':
      return `fed by our ${fed.name} at port ${fed.port}`;
  }
}
