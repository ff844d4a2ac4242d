import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

test('lines for a journal carry its priority, others none', () => {
  const program = `const log = (await import(${JSON.stringify(new URL('./logger.js', import.meta.url).href)})).createLogger();
    log.debug('0'); log.info('a'); log.warn('b'); log.error('c'); log.fatal('d');`;
  const starts = (more: Record<string, string>): string[] => {
    const env = { PATH: process.env['PATH'] ?? '', ...more };
    const { stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { env, encoding: 'utf8' });
    return stderr
      .trim()
      .split('\n')
      .map((line) => line.split('"', 1)[0] ?? '');
  };
  // Numbers of syslog(3): critical 2, error 3, warning 4, info 6.
  assert.deepEqual(starts({ JOURNAL_STREAM: '8:12345' }), ['<6>{', '<4>{', '<3>{', '<2>{']);
  assert.deepEqual(starts({}), ['{', '{', '{', '{']);
});

test('a level that is none is named, with those that are', () => {
  const url = JSON.stringify(new URL('./logger.js', import.meta.url).href);
  const program = `(await import(${url})).createLogger();`;
  const environment = { ...process.env, AXOND_LOG: 'loud' };
  const { stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { env: environment });
  assert.equal(status, 1);
  assert.match(String(stderr), /AXOND_LOG: loud is no level\. Use silent, error, warn, info, debug\./);
});
