import { execFile } from 'node:child_process';

/** The commit that a folder is checked out at, with `+` when files differ from it; `unknown` outside a repository. */
export async function commitOf(folder: string): Promise<string> {
  const commit = await git(folder, ['rev-parse', '--short=12', 'HEAD']);
  if (commit === '') return 'unknown';
  return (await git(folder, ['status', '--porcelain', '--untracked-files=no'])) === '' ? commit : `${commit}+`;
}

function git(folder: string, args: readonly string[]): Promise<string> {
  return new Promise((done) => {
    execFile('git', ['-C', folder, ...args], { timeout: 10_000 }, (error, stdout) =>
      done(error === null ? stdout.trim() : ''),
    );
  });
}
