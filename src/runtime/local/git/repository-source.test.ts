import { describe, expect, it } from 'vitest';
import { checkBranch, repositorySource } from './repository-source.ts';

const rules = { githubUrl: 'https://github.com', localRepositories: false };

describe('the name of a repository', () => {
  it.each([
    ['owner/name', 'https://github.com/owner/name.git', 'https', 'name'],
    ['owner/name.git', 'https://github.com/owner/name.git', 'https', 'name'],
    ['my-org_1/my.repo', 'https://github.com/my-org_1/my.repo.git', 'https', 'my.repo'],
    ['https://gitlab.com/a/b/c.git', 'https://gitlab.com/a/b/c.git', 'https', 'c'],
    ['http://127.0.0.1:8080/x/', 'http://127.0.0.1:8080/x/', 'http', 'x'],
    ['ssh://git@host.example:2222/a/b.git', 'ssh://git@host.example:2222/a/b.git', 'ssh', 'b'],
    ['git@github.com:owner/name.git', 'git@github.com:owner/name.git', 'ssh', 'name'],
    ['host:name', 'host:name', 'ssh', 'name'],
  ])('%s is %s', (repository, address, protocol, folder) => {
    expect(repositorySource(repository, rules)).toMatchObject({ address, protocol, folder });
  });

  it('is looked for where the configuration says', () => {
    const source = repositorySource('a/b', { ...rules, githubUrl: 'http://localhost:3001/git/' });
    expect(source).toMatchObject({
      address: 'http://localhost:3001/git/a/b.git',
      origin: 'http://localhost:3001',
    });
  });

  it('may be a path only where the configuration allows it', () => {
    expect(() => repositorySource('/srv/repo', rules)).toThrow('selected_repository: paths are not allowed');
    const source = repositorySource('/srv/my repo/r.git', { ...rules, localRepositories: true });
    expect(source).toEqual({ address: '/srv/my repo/r.git', protocol: 'file', origin: null, folder: 'r' });
  });

  it.each([
    '',
    'name',
    '.',
    'a/..',
    'a/.git',
    'a/b/c',
    '-a/b',
    'a/-b',
    '--upload-pack=touch /tmp/x',
    '--upload-pack=x',
    '-c core.sshCommand=x',
    '-u:x',
    'ext::sh -c touch% /tmp/x',
    'ext::sh',
    'fd::17',
    'file:///etc',
    'FILE:///etc',
    'git://host/a/b',
    'ftp://host/a',
    'javascript:alert(1)//x y',
    'https://user@host/a',
    'https://user:secret@host/a',
    'https://ghp_token@github.com/a/b',
    'ssh://git:secret@host/a',
    'ssh://-oProxyCommand=touch/a',
    '-oProxyCommand=x:a',
    'a@-oProxyCommand=x:b',
    'host:-x',
    'https://host/a?token=1',
    'https://host/a#b',
    'https://host/',
    'https://host/..%2f',
    'https://ho st/a',
    'a/b\nc',
    'a\\b/c',
    '../a',
    './a/b',
    '~/a',
  ])('is refused where it is %j', (repository) => {
    expect(() => repositorySource(repository, rules)).toThrow(
      expect.objectContaining({ code: 'invalid_request', details: { field: 'selected_repository' } }),
    );
  });
});

describe('the name of a branch', () => {
  it.each(['main', 'feature/x', 'v1.2.3', 'a-b_c', 'ä', 'user/fix#12'])('may be %s', (branch) => {
    expect(() => checkBranch(branch)).not.toThrow();
  });

  it.each([
    '',
    '-b',
    '--upload-pack=x',
    'a b',
    'a..b',
    'a//b',
    '/a',
    'a/',
    'a.',
    '.a',
    'a/.b',
    'a.lock',
    'a.lock/b',
    'a@{b',
    '@',
    'a~1',
    'a^',
    'a:b',
    'a?',
    'a*',
    'a[b',
    'a\\b',
    'a\nb',
    'x'.repeat(251),
  ])('is refused where it is %j', (branch) => {
    expect(() => checkBranch(branch)).toThrow(
      expect.objectContaining({ code: 'invalid_request', details: { field: 'selected_branch' } }),
    );
  });
});
