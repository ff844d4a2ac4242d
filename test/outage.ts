import { temporaryFolder, until } from './axond-process.js';
import { Mosquitto, hasMosquitto } from './mosquitto.js';
import { BusyNight, Receiver, ReportingLink, assertComplete, expected } from './outage-trial.js';
import { ThinLine } from './thin-line.js';

/**
 * `npm run outage [HOURS] [THIN_MINUTES] [BYTES]`: a night of so many hours (8) at full event rate while no broker is
 * there, then one is, and the line to it is cut again and again; and as many minutes (20) of such a night over a line that
 * carries so many bytes a second (1000). Zero leaves a part out. Each event must arrive once by its id, in order, and the
 * link's memory must stay where it was. The night is written as fast as the disk takes it; broker, link process and lines
 * are real.
 */
const hours = Number(process.argv[2] ?? 8);
const thinMinutes = Number(process.argv[3] ?? 20);
const lineBytes = Number(process.argv[4] ?? 1000);
if (!hasMosquitto) throw new Error('mosquitto is not installed: sudo apt-get install mosquitto');

const cleanUps: (() => unknown)[] = [];
const context = { after: (act: () => unknown) => void cleanUps.unshift(act) };
try {
  if (hours > 0) process.stdout.write(`${JSON.stringify(await away())}\n`);
  if (thinMinutes > 0) process.stdout.write(`${JSON.stringify(await thin())}\n`);
} finally {
  for (const act of cleanUps) await act();
}
process.exit(0);

async function away(): Promise<object> {
  const broker = await Mosquitto.start(context);
  const line = await ThinLine.to(broker.port);
  cleanUps.unshift(() => line.close());
  await broker.stop();
  const night = new BusyNight(temporaryFolder(), 'night', 1);
  const link = new ReportingLink(night.path, line.port);
  cleanUps.unshift(() => link.kill());
  await until('the link to find no broker', () => link.most > 0, 60_000);
  for (let minute = 0; minute < hours * 60; minute += 10) {
    night.minutes(10);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const beforeMb = link.most;
  const wanted = expected(night.path).length;
  await broker.restart();
  const receiver = new Receiver(broker.port);
  cleanUps.unshift(() => receiver.close());
  await receiver.listening();
  const memory: number[] = [];
  const started = performance.now();
  let cuts = 0;
  for (let next = 1; next <= 10; next++) {
    await until('more events', () => receiver.ids.length >= (wanted * next) / 10, 600_000);
    memory.push(Math.round(link.most));
    link.watchMemory();
    if (next === 10 || next % 3 !== 0) continue;
    line.cut();
    cuts++;
  }
  const seconds = (performance.now() - started) / 1000;
  night.close();
  await link.finish();
  assertComplete(receiver, [night.path]);
  const mb = { without: Math.round(beforeMb), byTenthOfTheBacklog: memory };
  const { again, bytes } = receiver;
  return { hours, events: wanted, again, cuts, seconds: round(seconds), perSecond: round(wanted / seconds), bytes, mb };
}

async function thin(): Promise<object> {
  const broker = await Mosquitto.start(context);
  const line = await ThinLine.to(broker.port, () => lineBytes);
  cleanUps.unshift(() => line.close());
  const receiver = new Receiver(broker.port);
  cleanUps.unshift(() => receiver.close());
  await receiver.listening();
  const night = new BusyNight(temporaryFolder(), 'thin', 2);
  night.minutes(thinMinutes);
  const wanted = expected(night.path).length;
  const link = new ReportingLink(night.path, line.port);
  cleanUps.unshift(() => link.kill());
  const memory: number[] = [];
  const started = performance.now();
  for (let next = 1; next <= 4; next++) {
    await until('more events', () => receiver.ids.length >= (wanted * next) / 4, 7_200_000);
    memory.push(Math.round(link.most));
    link.watchMemory();
  }
  const seconds = (performance.now() - started) / 1000;
  night.close();
  await link.finish();
  assertComplete(receiver, [night.path]);
  const { again } = receiver;
  const bytesPerSecond = round(line.carried / seconds);
  const bytesPerEvent = round(line.carried / wanted);
  const { connections } = link;
  return {
    thinMinutes,
    events: wanted,
    again,
    connections,
    seconds: round(seconds),
    bytesPerSecond,
    bytesPerEvent,
    mbByQuarter: memory,
  };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
