import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import { disarmCauses } from '../../runtime/contracts.js';
import { tokenPath } from '../../runtime/link/dashboard/tokens.js';
import { openRecording } from '../../runtime/recording/read.js';
import { encodeAllocation } from '../../runtime/study/allocation.js';
import { NightFile, nightPath } from '../../runtime/study/night-file.js';
import { writeSealed } from '../../runtime/study/sealed-files.js';
import { askControl } from '../../runtime/supervisor/control-socket.js';
import { nightTime } from '../../runtime/supervisor/run-night.js';
import { startAxond, statusOf, temporaryFolder, until, type Started } from '../axond-process.js';
import { OwnTerminal } from '../own-terminal.js';
import { writeShamAllocation } from '../sham-allocation.js';
import { Chromium, hasChromium, type Tab } from './browser.js';

/**
 * `npm run test:dashboard`: every panel of the page in a real Chromium, beside a demo that runs. With AXOND_SCREENSHOTS it
 * leaves pictures in that folder.
 */

const skip = hasChromium ? false : 'no Chromium is installed. Install it: sudo apt-get install chromium';
const pictures = process.env['AXOND_SCREENSHOTS'];
let browser: Chromium;
let demo: Started;
let url = '';
const record = temporaryFolder();
const ends: (() => void)[] = [];

const token = (role: 'operator' | 'blinded'): string =>
  readFileSync(tokenPath(join(record, 'state'), role), 'utf8').trim();
const open = (role: 'operator' | 'blinded', width?: number, height?: number): Promise<Tab> =>
  browser.open(`${url}#token=${token(role)}`, width, height);
async function shows(tab: Tab, selector: string, wanted: RegExp, withinMs = 90_000): Promise<void> {
  let last = '';
  await until(
    `${selector} to show ${String(wanted)}`,
    async () => wanted.test((last = await tab.text(selector))),
    withinMs,
  ).catch(async (error: unknown) => {
    await keep(tab, 'failed');
    throw new Error(`${String(error)}; it shows ${JSON.stringify(last)}. ${tab.complaints.join('\n')}`);
  });
}
const keep = async (tab: Tab, name: string): Promise<void> => {
  if (pictures !== undefined) await tab.picture(join(pictures, `${name}.png`));
};

before(async () => {
  if (skip !== false) return;
  const runtime = temporaryFolder();
  const notes = 'device.reveal=[notes]';
  const sleep = 'detectors.asleep={ use: sleep-gate, signal: c3 }';
  demo = startAxond(
    { after: (end: () => void) => void ends.push(end) },
    ['demo', '--json', '--set', `device.record=${record}`, 'device.dashboard={ port: 0 }', notes, sleep],
    { XDG_RUNTIME_DIR: runtime, RUNTIME_DIRECTORY: runtime },
  );
  await until('the page', () => /dashboard: (http:\S+)/.test(demo.stderr()), 120_000);
  url = /dashboard: (http:\S+)/.exec(demo.stderr())?.[1] ?? '';
  browser = await Chromium.start();
  ends.push(() => browser.close());
});
after(() => {
  for (const end of ends) end();
});

test('an operator sees signal, marks, gate, judgements, sleep, latency, disk and recording', { skip }, async () => {
  const tab = await open('operator', 1280, 1100);
  await shows(tab, '#state', /ARMED/);
  await until('a trace that is drawn', async () => (await tab.colours('#traces')) > 20, 60_000);
  await shows(tab, '#filter', /0.3–35 Hz, for display only/);
  await shows(tab, '#facts', /recording\s+yes: demo-/);
  await shows(tab, '#facts', /disk\s+[\d.]+ [GM]B free/);
  await shows(tab, '#estimates', /contact\.electrode\s+clear/);
  await shows(tab, '#gate-facts', /guardian\s+ready/);
  await shows(tab, '#gate-facts', /budget left\s+\d+ this hour/);
  await shows(tab, '#marks', /detection spindle/);
  await shows(tab, '#marks', /stimulus S\d/);
  await shows(tab, '#latency-facts', /stimuli: median/);
  await until('the latencies', async () => (await tab.colours('#histogram')) > 1);
  await until('the sleep estimate', async () => (await tab.colours('#strip')) > 3, 60_000);
  assert.equal((await tab.text('#inhibitors')).split('\n').length, 28);
  assert.equal(await tab.value('location.href'), url, 'the token is gone from the address');
  assert.deepEqual(tab.complaints, []);
  for (const address of tab.asked) assert.equal(new URL(address).host, new URL(url).host);
  await keep(tab, 'operator');
});

test('gaps are drawn as gaps, and a signal that does not come is grey', { skip }, async () => {
  const tab = await open('operator');
  await until('a trace that is drawn', async () => (await tab.colours('#traces')) > 20, 60_000);
  process.kill(demo.child.pid!, 'SIGSTOP');
  try {
    await shows(tab, '#stale', /no sample for ([4-9]|\d\d) s/);
    assert.equal(
      await tab.text('#notice'),
      '',
      'the page is connected, and its STOP reaches the guardian past the core',
    );
    assert.equal(await tab.value("getComputedStyle(document.querySelector('#traces')).opacity"), '0.3');
  } finally {
    process.kill(demo.child.pid!, 'SIGCONT');
  }
  await until('the signal again', async () => (await tab.text('#stale')) === '');
});

test('on a phone everything fits, and STOP stays where it is', { skip }, async () => {
  const tab = await open('operator', 390, 800);
  await shows(tab, '#state', /ARMED/);
  assert.equal(await tab.value('document.documentElement.scrollWidth <= 390'), true);
  const place = "JSON.stringify(document.querySelector('#stop').getBoundingClientRect())";
  const before = await tab.value(place);
  await tab.value('window.scrollTo(0, 600)');
  assert.equal(await tab.value(place), before);
  assert.ok(Number(await tab.value("document.querySelector('#stop').getBoundingClientRect().height")) >= 44);
  await tab.value('window.scrollTo(0, 0)');
  await until('a trace that is drawn', async () => (await tab.colours('#traces')) > 20, 60_000);
  await keep(tab, 'phone');
});

test('a blinded page shows no stimulus, nor what tells of one', { skip }, async () => {
  const tab = await open('blinded');
  await shows(tab, '#device', /blinded/);
  await shows(tab, '#marks', /detection spindle/);
  const all = await tab.value('document.body.innerText');
  assert.doesNotMatch(String(all), /stimul(us|i) |refus|S\d|R\d|budget|per-hour|interval|lease|median/i);
  assert.equal(await tab.text('#latency'), '');
  await keep(tab, 'blinded');
});

test('the page of a robot shows what it sees, where it is and how alike that is', { skip }, async () => {
  const folder = temporaryFolder();
  const places = startAxond(
    { after: (end: () => void) => void ends.push(end) },
    ['demo', '--place', '--json', '--set', `device.record=${folder}`, 'device.dashboard={ port: 0 }'],
    { XDG_RUNTIME_DIR: folder, RUNTIME_DIRECTORY: folder },
  );
  const address = /dashboard: (http:\S+)/;
  await until('the page', () => address.test(places.stderr()), 120_000);
  const key = readFileSync(tokenPath(join(folder, 'state'), 'operator'), 'utf8').trim();
  const tab = await browser.open(`${address.exec(places.stderr())?.[1] ?? ''}#token=${key}`);
  await until('a picture', async () => (await tab.colours('#picture')) > 10, 60_000);
  await shows(tab, '#place-facts', /map\s+.*\d+ places/);
  await shows(tab, '#where', /^\d+/);
  await until('a similarity', async () =>
    /^[1-9]/.test(String(await tab.value("document.querySelector('#similarity div').style.width"))),
  );
  assert.equal(await tab.text('#gate'), '', 'nothing is stimulated, so there is no gate');
  assert.equal(await tab.text('#traces'), '');
  assert.equal(await tab.text('#stop'), '', 'it would stop no robot');
  assert.deepEqual(tab.complaints, []);
  await keep(tab, 'place');
  await tab.close();
  places.child.kill('SIGINT');
  await places.exited;
});

test('a mark is written; Esc Esc stops; both stand in the recording, and nothing arms', { skip }, async () => {
  const tab = await open('operator');
  await shows(tab, '#state', /ARMED/);
  await tab.press('n');
  await tab.type('lights off');
  await tab.press('Enter', '\r');
  await shows(tab, '#marks', /marker lights off/);
  const now = Date.now() / 1000;
  await tab.press('Escape', undefined, now);
  await tab.press('Escape', undefined, now + 1.2);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  assert.doesNotMatch(await tab.text('#answer'), /stop|silence/, 'two that are apart are no stop');
  await tab.press('Escape', undefined, now + 2);
  await shows(tab, '#answer', /silence: at rest|disarm: done/);
  await shows(tab, '#state', /DISARMED/);
  await shows(tab, '#marks', /marker page \(operator\): silence/);
  demo.child.kill('SIGINT');
  await demo.exited;
  await shows(tab, '#notice', /NOT CONNECTED/);
  await tab.click('#stop');
  await shows(tab, '#notice', /STOP WAS NOT SENT.*axond silence/);
  const { recording: path } = JSON.parse(demo.stdout().trim().split('\n').at(-1)!) as { recording: string };
  const recording = openRecording(path);
  const events = [...recording.readableEvents()];
  recording.close();
  const texts = events.flatMap(({ event, text }) => (event?.kind === 'marker' ? [text] : []));
  for (const wanted of ['lights off', 'page (operator): silence', 'page (operator): disarm'])
    assert.ok(texts.includes(wanted), `${wanted} among ${texts.join(', ')}`);
  const causes = events.flatMap(({ event }) => (event?.kind === 'disarmed' ? [disarmCauses[event.cause]] : []));
  assert.ok(causes.includes('remote') || causes.includes('silence'), causes.join(', '));
});

test(
  'R-36 a page whose connection hangs says that it is not connected, and that a STOP may not have arrived',
  { skip },
  async () => {
    const folder = temporaryFolder();
    const own = startAxond(
      { after: (end: () => void) => void ends.push(end) },
      ['demo', '--json', '--set', `device.record=${folder}`, 'device.dashboard={ port: 0 }'],
      { XDG_RUNTIME_DIR: folder, RUNTIME_DIRECTORY: folder },
    );
    const address = /dashboard: (http:\S+)/;
    await until('the page', () => address.test(own.stderr()), 120_000);
    const key = readFileSync(tokenPath(join(folder, 'state'), 'operator'), 'utf8').trim();
    const at = (path: string) => browser.open(`${address.exec(own.stderr())?.[1] ?? ''}${path}#token=${key}`);
    const [tab, other, beds] = [await at(''), await at(''), await at('beds')];
    for (const one of [tab, other]) await shows(one, '#gate-facts', /guardian\s+ready/);
    await shows(beds, '#rows', /^demo/);
    const link = z.object({ processes: z.object({ link: z.number() }) }).parse(await statusOf(folder, 'demo'))
      .processes.link;
    process.kill(link, 'SIGSTOP');
    try {
      await tab.click('#stop');
      await shows(other, '#notice', /^NOT CONNECTED \(nothing heard for 3 s\).*axond silence/);
      await shows(beds, '#notice', /^NOT CONNECTED/);
      await shows(tab, '#notice', /^STOP MAY NOT HAVE ARRIVED: it has no answer\..*NOT CONNECTED.*axond silence/);
      await keep(tab, 'hung');
    } finally {
      process.kill(link, 'SIGCONT');
    }
    for (const one of [other, beds])
      await until('the connection again', async () => (await one.text('#notice')) === '');
    await shows(tab, '#notice', /^STOP MAY NOT HAVE ARRIVED: it has no answer\. On the box/);
    await tab.click('#stop');
    await until('a STOP that is answered', async () => (await tab.text('#notice')) === '');
    await shows(tab, '#state', /DISARMED/);
    for (const one of [tab, other, beds]) await one.close();
    own.child.kill('SIGINT');
    await own.exited;
  },
);

test(
  'what somebody has to see to stands on the page and in the list of beds, until it was seen',
  { skip },
  async () => {
    const folder = temporaryFolder();
    const own = startAxond(
      { after: (end: () => void) => void ends.push(end) },
      ['demo', '--json', '--set', `device.record=${folder}`, 'device.dashboard={ port: 0 }'],
      { XDG_RUNTIME_DIR: folder, RUNTIME_DIRECTORY: folder },
    );
    const address = /dashboard: (http:\S+)/;
    await until('the page', () => address.test(own.stderr()), 120_000);
    const tokenOf = (role: 'operator' | 'blinded'): string =>
      readFileSync(tokenPath(join(folder, 'state'), role), 'utf8').trim();
    const at = (path: string, role: 'operator' | 'blinded'): Promise<Tab> =>
      browser.open(`${address.exec(own.stderr())?.[1] ?? ''}${path}#token=${tokenOf(role)}`);
    const tab = await at('', 'operator');
    await until('the guardian to be ready', async () => /ready/.test(await tab.text('#gate-facts')), 90_000);
    const now = Date.now() / 1000;
    for (const pressed of [now, now + 0.2]) await tab.press('Escape', undefined, pressed);
    await shows(tab, '#alarms', /the guardian is at rest \(silenced\)[\s\S]*arm again/);
    const beds = await at('beds', 'blinded');
    await shows(beds, '#state', /1 of 1 beds NEED SOMEBODY/);
    await shows(beds, '#rows', /^demo\s[\s\S]*the guardian is at rest/);
    await keep(beds, 'beds');
    await beds.click('#rows input');
    await beds.type('A');
    await beds.click('#rows button');
    assert.doesNotMatch(await beds.text('#rows'), /seen by/, 'one letter is nobody');
    await beds.type('M');
    await beds.click('#rows button');
    await shows(beds, '#rows', /seen by AM/);
    await shows(beds, '#state', /^1 beds$/);
    await shows(tab, '#alarms', /seen by AM/);
    assert.deepEqual([...tab.complaints, ...beds.complaints], []);
    await beds.close();
  },
);

test(
  'R-61 a night stands on the page from its first step on, also those before its run, with its window and alarms; codes and notes only where they are revealed',
  { skip },
  async () => {
    const [folder, runtime] = [temporaryFolder(), temporaryFolder()];
    const environment = { XDG_RUNTIME_DIR: runtime, RUNTIME_DIRECTORY: runtime };
    const t = { after: (end: () => void) => void ends.push(end) };
    const allocation = join(folder, 'cue.sealed');
    const shape = { participants: ['P017'], nights: 3, blocks: 1, blockSeconds: null };
    const head = { study: 'cue', made: '2026-11-28T09:00:00.000Z', nonce: '5a'.repeat(32) };
    const rows = [1, 2, 3].map((night) => ({ participant: 'P017', night, block: 1, condition: 'sham' as const }));
    await writeSealed(allocation, encodeAllocation({ ...head, ...shape, rows }));
    const port = join(folder, 'cyton');
    startAxond(t, ['emulate', 'cyton', '--link', port], environment);

    // What `axond night` writes before there is a run.
    const log = new NightFile(nightPath(folder, 'cue', 'P017', 3), () =>
      nightTime({ record: folder, timeZone: 'UTC' }),
    );
    const whose = { study: 'cue', participant: 'P017', night: 3, device: 'demo' };
    await log.append({ kind: 'begun', ...whose, protocol: null, approval: null, by: 'AM' });
    await log.append({ kind: 'step', step: 'participant', result: 'ok', detail: 'typed again' });
    await log.append({ kind: 'step', step: 'impedance', result: 'failed', detail: 'C3 210 kOhm (bad)' });

    const study = `study={ name: cue, participant: P017, night: 3, allocation: ${allocation} }`;
    const begin = async (...more: string[]) => {
      const sets = [`device.record=${folder}`, 'device.dashboard={ port: 0 }', study, ...more];
      const run = startAxond(t, ['run', '--preset', 'demo', '--port', port, '--json', '--set', ...sets], environment);
      const address = /dashboard: (http:\S+)/;
      await until('the page', () => address.test(run.stderr()), 120_000);
      const key = readFileSync(tokenPath(join(folder, 'state'), 'operator'), 'utf8').trim();
      const at = (path: string) => browser.open(`${address.exec(run.stderr())?.[1] ?? ''}${path}#token=${key}`);
      return { run, tab: await at(''), beds: await at('beds') };
    };
    const tell = async (request: Parameters<typeof askControl>[1]): Promise<void> => {
      const answer = await askControl(join(runtime, 'demo', 'control.sock'), request);
      assert.ok(answer.ok, JSON.stringify(answer));
    };
    const note = { verb: 'mark', mark: 'note', text: 'P017 asked for water' } as const;

    const first = await begin();
    await shows(first.tab, '#night-facts', /participant\s+ok: typed again\s+impedance\s+failed: C3 210 kOhm \(bad\)/);
    await shows(first.tab, '#night-state', /no window is open/);
    await tell({ verb: 'step', step: 'sound', result: 'skipped', detail: 'by hand' });
    await shows(first.tab, '#night-facts', /sound\s+skipped: by hand/);
    await tell({ verb: 'mark', mark: 'lightsOff', text: '', forSeconds: 3600 });
    await shows(first.tab, '#night-state', /window open, 0:5\d:\d\d left/);
    await tell(note);
    await shows(first.tab, '#marks', /marker marker \d+/);
    await tell({ verb: 'mark', mark: 'adverse', text: 'P017 has a headache' });
    await shows(first.tab, '#night-state', /held: adverse event/);
    await shows(first.tab, '#alarms', /an adverse event was marked[\s\S]*Go to the participant/);
    await shows(first.beds, '#rows', /^demo\s[\s\S]*an adverse event was marked/);
    await keep(first.tab, 'night');
    for (const tab of [first.tab, first.beds]) {
      assert.doesNotMatch(String(await tab.value('document.body.innerText')), /P017|water|headache/);
      assert.deepEqual(tab.complaints, []);
      await tab.close();
    }
    first.run.child.kill('SIGINT');
    assert.equal(await first.run.exited, 0, first.run.stderr());

    const second = await begin('device.reveal=[codes, notes]');
    // Another run of the same night, in which nobody has cleared it.
    await shows(second.tab, '#night-state', /held: adverse event/);
    await shows(second.tab, '#night-facts', /impedance\s+failed[\s\S]*sound\s+skipped/);
    await shows(second.beds, '#rows', /P017/);
    await tell(note);
    await shows(second.tab, '#marks', /marker note P017 asked for water/);
    second.run.child.kill('SIGINT');
    await second.run.exited;
  },
);

test(
  'an evening at the terminal stands on the page before its run, and its run takes the page over',
  { skip },
  async () => {
    const [folder, runtime] = [temporaryFolder(), temporaryFolder()];
    const environment = { XDG_RUNTIME_DIR: runtime, RUNTIME_DIRECTORY: runtime };
    const t = { after: (end: () => void) => void ends.push(end) };
    const free = createServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    const { port } = free.address() as AddressInfo;
    free.close();
    const config = join(folder, 'protocol.yaml');
    const cyton = join(folder, 'cyton');
    writeFileSync(
      config,
      `preset: demo\ndevice: { name: bed, record: ${folder}, dashboard: { port: ${port} } }\nsource: { port: ${cyton} }\n` +
        `study: { name: cue, allocation: ${join(folder, 'cue.sealed')} }\n`,
    );
    await writeShamAllocation(join(folder, 'cue.sealed'), { study: 'cue', participant: 'P001', nights: 1 });
    startAxond(t, ['emulate', 'cyton', '--awake', '--link', cyton, '--impedance', '2'], environment);
    await until('the emulated board', () => existsSync(cyton), 60_000);
    const seat = new OwnTerminal(t, ['night', 'P001', '--night', '1', '--config', config, '--by', 'AM'], environment);
    await seat.shows(/Code of the participant: $/);
    const key = readFileSync(tokenPath(join(folder, 'state'), 'operator'), 'utf8').trim();
    const tab = await browser.open(`http://127.0.0.1:${port}/#token=${key}`);
    await shows(tab, '#state', /EVENING: nothing runs yet/);
    await shows(tab, '#facts', /at the terminal\s+cue, night 1, on bed\. Who sleeps here\?/);
    seat.type('P001\n');
    await seat.shows(/Enter measures, s skips it.*: $/);
    seat.type('\n');
    await shows(tab, '#night-facts', /participant\s+ok: typed again/);
    await seat.shows(/ok {6}impedance: [^]*: $/);
    seat.type('\n');
    await shows(tab, '#night-facts', /impedance\s+ok: C3 [12]\.\d kΩ \(good\)/);
    await shows(tab, '#facts', /at the terminal\s+Eyes open/);
    await keep(tab, 'evening');
    const answers: readonly [RegExp, string][] = [
      [/Enter measures, s skips it.*: $/, 's'],
      [/f goes on \(recorded as failed\): $/, 'f'],
      [/Is that right\? .* $/, 'y'],
    ];
    const last = /Window \[9h\]: $/;
    while (!last.test(seat.shown)) {
      await seat.shows(new RegExp([last, ...answers.map(([prompt]) => prompt)].map(({ source }) => source).join('|')));
      const [, answer] = answers.find(([prompt]) => prompt.test(seat.shown)) ?? [];
      if (answer !== undefined) seat.type(`${answer}\n`);
    }
    await shows(tab, '#state', /DISARMED/);
    await shows(tab, '#night-facts', /impedance\s+ok: C3 [12]\.\d kΩ [^\n]*\s+eyes\s+skipped/);
    await until('a trace that is drawn', async () => (await tab.colours('#traces')) > 20, 60_000);
    const { processes } = (await statusOf(runtime, 'bed')) as { processes: { core: number } };
    seat.type('quit\n');
    await seat.exited;
    process.kill(processes.core, 'SIGINT');
    await until('the end of the run', () => !existsSync(`/proc/${processes.core}`), 60_000);
    await tab.close();
  },
);
