import type { CommandUnderTest, UrlUnderTest } from '../gate/underTest.ts';

/** What was judged, how it was fed and how it was looked into: the first notes of a report. */
export function targetNotes(underTest: CommandUnderTest | UrlUnderTest, dialect: string): string[] {
  const what = underTest.kind === 'url' ? underTest.url : `the server started by: ${underTest.command}`;
  const looked = [
    ...(underTest.pid === undefined ? [] : [`pid ${underTest.pid}`]),
    ...(underTest.metricsUrl === undefined ? [] : [underTest.metricsUrl]),
  ];
  const within = looked.length > 0 ? looked.join(' and ') : underTest.kind === 'command' ? 'its process' : 'nothing';
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
