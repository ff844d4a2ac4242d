import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { checkManifest, manifestName } from '../study/export/manifest.js';
import { checkCommand } from './check.js';
import { runJson } from './command.test.fixture.js';
import { emptyStudy, exported, writeRecording } from './study-export.test.fixture.js';

const axond = fileURLToPath(new URL('../../../runtime/cli/axond.js', import.meta.url));
const preload = new URL('./kill-at-sync.test.fixture.js', import.meta.url).href;

test('R-56 an export that is killed, wherever, is whole or has not its name, and stands in the way of no other', async (t) => {
  const study = await emptyStudy(t, {
    ...{ participants: ['P001'], nights: 1, blocks: 1, blockSeconds: null },
    rows: [{ participant: 'P001', night: 1, block: 1, condition: 'sham' }],
  });
  const { folder, recordings } = study;
  writeRecording(study, { name: 'a', participant: 'P001', startUs: 0, stimuli: [20] });
  writeRecording(study, { name: 'b', participant: 'P001', continued: true, startUs: 90e6, stimuli: [20] });
  const out = join(folder, 'cue');
  const killed = (at: number) => {
    const words = ['--import', preload, axond, 'study', 'export', out, '--recordings', recordings];
    const environment = { ...process.env, AXOND_KILL_AT: String(at) };
    return spawnSync(process.execPath, words, { encoding: 'utf8', env: environment });
  };
  const clean = (): void => {
    for (const name of readdirSync(folder)) if (name.startsWith('cue') && name !== 'cue.sealed') remove(folder, name);
    for (const name of readdirSync(recordings)) if (name.endsWith('.copies')) remove(recordings, name);
  };
  const unharmed = killed(0);
  assert.equal(unharmed.status, 0, unharmed.stderr);
  const syncs = Number(/asked (\d+) times/.exec(unharmed.stderr)?.[1]);
  assert.ok(syncs > 20, `${syncs} write-throughs`);

  const early = Array.from({ length: 5 }, (_, place) => 1 + Math.floor((place * syncs) / 5));
  const last = Array.from({ length: 8 }, (_, place) => syncs - place);
  const seen = new Set<string>();
  for (const at of new Set([...early, ...last])) {
    clean();
    assert.equal(killed(at).signal, 'SIGKILL', `at ${at} of ${syncs}`);
    const left = readdirSync(folder).filter((name) => name.startsWith('cue') && name !== 'cue.sealed');
    if (existsSync(out)) {
      seen.add('whole');
      assert.deepEqual(left, ['cue']);
      assert.deepEqual((await checkManifest(out)).faults, []);
      continue;
    }
    const [part = '', ...more] = left;
    assert.match(part, /^cue\.\d+\.part$/);
    assert.deepEqual(more, []);
    // The manifest is the last to come: what is killed before lacks it, and is told from a data set.
    if (existsSync(join(folder, part, manifestName))) {
      seen.add('unnamed');
      assert.deepEqual((await checkManifest(join(folder, part))).faults, []);
    } else {
      seen.add('cut off');
      await assert.rejects(runJson(t, checkCommand(), join(folder, part)), /has no manifest\.sha256, .*was cut off/);
    }
    assert.deepEqual(
      readdirSync(recordings).filter((name) => name.endsWith('.copies')),
      [],
      'no copy is noted',
    );
    await exported(t, study, out);
    assert.deepEqual((await checkManifest(out)).faults, []);
  }
  assert.deepEqual([...seen].sort(), ['cut off', 'unnamed', 'whole']);
});

function remove(folder: string, name: string): void {
  rmSync(join(folder, name), { recursive: true });
}
