import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { DevicePlan } from '../../drivers/devices.js';
import { portsHere } from '../../drivers/serial/line.js';
import { loadConfiguration } from '../config/load.js';
import { readPreset } from '../config/presets.js';
import { runningDevices } from '../supervisor/places.js';
import { measureDevice } from './measure-device.js';
import { Failure, UsageError, print } from './output.js';
import { configurationFiles } from './setup-files.js';
import { SetupGuide, isChip, type Choices, type MeasuredSignal, type Wish } from './setup-guide.js';
import { judgeElectrode, judgeSignal, mainsOf } from './signal-check.js';
import { Terminal } from './terminal.js';

/** `axond setup` alone: the guide at a terminal. */
export async function guide(): Promise<void> {
  if (!process.stdin.isTTY)
    throw new UsageError(
      'axond setup: asks questions, and this is no terminal. Write device.yaml and protocol.yaml by hand: axond help config.',
    );
  const [running] = await runningDevices();
  if (running !== undefined)
    throw new Failure(
      `${running} runs on this machine and reads its amplifier: stop it first (Ctrl-C, or sudo systemctl stop axond).`,
    );
  const person = new Terminal();
  try {
    person.say(
      'First configuration of axond. Nothing is stimulated here, and nothing is written before the end.',
      'back takes the last answer back, quit ends it.',
      '',
    );
    const session = new SetupGuide(places(), process.cwd(), Intl.DateTimeFormat().resolvedOptions().timeZone);
    while (session.wish.want !== 'done' && session.wish.want !== 'nothing') await next(session, session.wish, person);
    if (session.wish.want === 'done') tellWhatIsNext(session.wish.choices);
    else throw new Failure('Nothing was written.');
  } finally {
    person.close();
  }
}

async function next(session: SetupGuide, wish: Wish, person: Terminal): Promise<void> {
  switch (wish.want) {
    case 'answer': {
      const { lines, prompt } = session.show();
      person.say(...lines);
      const answer = await person.ask(prompt);
      session.listed(places());
      session.answer(answer);
      break;
    }
    case 'asked':
      person.say(`Asking ${wish.choices.port}, which takes up to ten seconds …`);
      session.asked(await whyNoAmplifier(wish.choices));
      break;
    case 'measured':
      person.say('Measuring for three seconds …');
      session.measured(await measureSignal(wish.choices));
      break;
    case 'written':
      session.written(write(wish.choices, wish.replace));
  }
}

async function whyNoAmplifier(choices: Choices): Promise<string> {
  try {
    return (await measureDevice(choices.port, baudRate, amplifier({ ...choices, electrodes: {} }), 0)).problem;
  } catch (error) {
    return explained(error, choices.port);
  }
}

async function measureSignal(choices: Choices): Promise<MeasuredSignal | { problem: string }> {
  const { port, electrodes, active, reference } = choices;
  try {
    const { info, values, railed, problem } = await measureDevice(port, baudRate, amplifier(choices), measuredSeconds);
    if (problem !== '') return { problem };
    const stretches = info.channels.map(({ name }, place) => {
      const own = values[place] ?? new Float64Array(0);
      return { name, values: own, railed: (railed[place] ?? 0) / Math.max(1, own.length) };
    });
    const used = stretches.filter(({ name }) => Object.hasOwn(electrodes, name));
    const [one, other] = [active, reference].map((name) => used.find((stretch) => stretch.name === name)?.values);
    const derived = one?.map((value, place) => value - (other?.[place] ?? 0)) ?? new Float64Array(0);
    const name = `${active} - ${reference}`;
    const whole = judgeSignal({ name, values: derived, railed: 0 }, info.rate);
    return { judged: [...used.map(judgeElectrode), whole], mains: mainsOf(derived, info.rate) };
  } catch (error) {
    return { problem: explained(error, port) };
  }
}

function amplifier({ port, dataReady, electrodes: named }: Choices): DevicePlan {
  const common = { electrodes: { ...named }, off: [], gain: 24, rate: 250 } as const;
  return isChip({ port })
    ? { use: 'ads1299', options: { ...common, dataReady, reference: 4.5, bias: true, digital: false } }
    : { use: 'cyton', options: { ...common, daisy: false } };
}

/** Dongles, and SPI ports that a chip may be at. */
function places(): string[] {
  const chips = readdirSync('/dev').filter((name) => /^spidev\d+\.\d+$/.test(name));
  return [...portsHere(), ...chips.sort().map((name) => `/dev/${name}`)];
}

/** Checked as a whole before anything is written. What is there stays beside them, where it is to be replaced. */
function write(choices: Choices, replace: boolean): string {
  const { folder, task } = choices;
  const { device, protocol } = configurationFiles(choices, readPreset(task.name));
  const files = [
    { name: join(resolve(folder), 'device.yaml'), text: device },
    { name: join(resolve(folder), 'protocol.yaml'), text: protocol },
  ];
  try {
    loadConfiguration({ files, sets: [] });
    const there = files.filter(({ name }) => existsSync(name)).map(({ name }) => name);
    if (there.length > 0 && !replace)
      return `${there.join(' and ')}: is there already. Type replace (the old one is kept beside it as .before), or back for another folder.`;
    mkdirSync(folder, { recursive: true });
    for (const name of there) renameSync(name, `${name}.before`);
    for (const { name, text } of files) writeFileSync(name, text);
    return '';
  } catch (error) {
    return explained(error, folder);
  }
}

function tellWhatIsNext({ folder, name }: Choices): void {
  const files = `${join(folder, 'device.yaml')} ${join(folder, 'protocol.yaml')}`;
  print(
    `${files}: written. Next:`,
    `  axond check ${files}`,
    folder === '/etc/axond'
      ? '  sudo systemctl enable axond && sudo systemctl start --no-block axond'
      : `  axond run --config ${files}`,
    `  axond arm --device ${name} --for 10m   # in another terminal; stimulates nobody while the actuator is virtual`,
  );
}

function explained(error: unknown, what: string): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.startsWith(what) ? text.slice(what.length).replace(/^: /, '') : text;
}

const baudRate = 115_200;
const measuredSeconds = 3;
