import type { EstimatePoint, Hello, Mark, ToPage } from '../messages.js';
import type { PictureFrame } from '../signal-frame.js';
import { alarmList } from './alarms.js';
import { Connection } from './connection.js';
import { element, show, text } from './elements.js';
import { showEstimates, showMarks, showNow } from './panels.js';
import { SleepStrip } from './sleep-strip.js';
import { Traces } from './traces.js';

/** The page of a run: what comes in is shown, what is pressed goes out. Nothing here can arm. */

const traces = new Traces(element('traces', HTMLCanvasElement));
const estimates = new Map<string, EstimatePoint>();
let marks: Mark[] = [];
let strip: SleepStrip | undefined;
let hello: Hello | undefined;
let newestMs = -Infinity;
/** Number of the silence that the last STOP asked for, until it is answered. */
let stopAsked: number | undefined;
/** What stands above everything else until a STOP was answered. */
let doubt = '';
/** Of the box's clock, ahead of ours. */
let clockAheadMs = 0;
let clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });

const connection = new Connection('run', {
  onMessage: (message) => heard(message),
  onSignal: (frame) => {
    newestMs = performance.now();
    traces.take(frame);
  },
  onPicture: (frame) => drawPicture(frame),
  onToken: (why) => {
    show('shown', false);
    show('enter', true);
    notice(why);
    text('state', '');
  },
  onLost: (why) => {
    doubtStop();
    notice(`NOT CONNECTED${why === '' ? '' : ` (${why})`}. ${elsewhere}`);
  },
});

const alarms = alarmList(element('alarms', HTMLElement), (alarm, by) => {
  if (hello) connection.ask({ do: 'acknowledge', bed: hello.device, alarm, by });
});

function heard(message: ToPage): void {
  if ('hello' in message) begin(message.hello);
  else if ('past' in message) {
    marks = [...message.past.marks];
    traces.replaceMarks(marks);
    showMarks(marks);
    estimates.clear();
    keep(message.past.estimates);
    strip?.replace(message.past.estimates.filter(({ name }) => name === hello?.sleep));
  } else if ('marks' in message) {
    addMarks(message.marks);
  } else if ('estimates' in message) {
    keep(message.estimates);
    strip?.add(message.estimates.filter(({ name }) => name === hello?.sleep));
  } else if ('now' in message) {
    clockAheadMs = message.now.wallMs - Date.now();
    showNow(message.now, hello?.reasons ?? []);
    alarms.show(message.now.status.alarms);
  } else if ('answer' in message) {
    text('answer', message.answer.text);
    if (message.answer.id === stopAsked && message.answer.ok) stopArrived();
    else if (message.answer.id === stopAsked) doubtStop(message.answer.text);
  }
}

function begin(given: Hello): void {
  hello = given;
  const { device, role, display, timeZone, pictures, stimulates, sleep } = given;
  notice('');
  show('enter', false);
  show('shown', true);
  show('signal', display.channels.length > 0);
  show('place', pictures !== null);
  show('sleep', sleep !== null);
  show('gate', stimulates);
  show('disarm', stimulates);
  // It stops stimuli: on the page of a robot it would promise what it does not do.
  show('stop', stimulates);
  text('device', `${device}${role === 'blinded' ? ' · blinded' : ''}`);
  text('filter', `${display.filter}, for display only; positive is up`);
  document.title = `${device} · axond`;
  clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium', timeZone });
  traces.begin(display);
  fillReferences(display.channels);
  strip ??= new SleepStrip(element('strip', HTMLCanvasElement), timeZone);
  if (pictures) {
    const picture = element('picture', HTMLCanvasElement);
    picture.width = pictures.width;
    picture.height = pictures.height;
  }
  choose();
}

function keep(points: readonly EstimatePoint[]): void {
  for (const point of points) estimates.set(point.name, point);
  showEstimates(estimates);
}

function addMarks(added: readonly Mark[]): void {
  traces.addMarks(added);
  for (const mark of added) {
    const same = marks.findIndex(
      ({ kind, name, from }) => kind === mark.kind && name === mark.name && from === mark.from,
    );
    if (same >= 0) marks[same] = mark;
    else marks.push(mark);
  }
  marks = marks.slice(-500);
  showMarks(marks);
}

function drawPicture({ width, height, pixels }: PictureFrame): void {
  const context = element('picture', HTMLCanvasElement).getContext('2d');
  const image = context?.createImageData(width, height);
  if (!context || !image) return;
  for (let place = 0; place < width * height; place++) {
    image.data.fill(pixels[place] ?? 0, 4 * place, 4 * place + 3);
    image.data[4 * place + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

// ── What is pressed ─────────────────────────────────────────────────────────────────────────────────────────────────

/** Silence goes to the guardian, past the core; disarm to the core. */
function stop(): void {
  if (hello && !hello.stimulates) return;
  const asked = connection.ask({ do: 'silence' });
  connection.ask({ do: 'disarm' });
  if (asked === undefined) {
    notice(`STOP WAS NOT SENT: this page is not connected. ${elsewhere}`);
    return;
  }
  text('answer', 'stopping …');
  stopAsked = asked;
  setTimeout(() => {
    if (asked === stopAsked && doubt === '') doubtStop();
  }, stopMs);
}

/** Where the silence of the last STOP has not been answered well yet. */
function doubtStop(why = 'it has no answer'): void {
  if (stopAsked === undefined) return;
  doubt = `STOP MAY NOT HAVE ARRIVED: ${why}. `;
  notice('');
}

function stopArrived(): void {
  stopAsked = undefined;
  if (doubt === '') return;
  doubt = '';
  notice('');
}

element('stop', HTMLButtonElement).addEventListener('click', stop);
element('disarm', HTMLButtonElement).addEventListener('click', () => connection.ask({ do: 'disarm' }));
let escapedMs = -Infinity;
document.addEventListener('keydown', (event) => {
  const writes = event.target instanceof HTMLInputElement;
  if (event.key === 'Escape') {
    // When they were pressed, however late a busy page hears of it.
    if (event.timeStamp - escapedMs < twiceMs && !event.repeat) {
      stop();
      escapedMs = -Infinity;
    } else if (!event.repeat) escapedMs = event.timeStamp;
  } else if (event.key === 'n' && !writes) {
    element('text', HTMLInputElement).focus();
    event.preventDefault();
  } else if ((event.key === '+' || event.key === '-') && !writes) {
    const gain = element('gain', HTMLSelectElement);
    gain.selectedIndex = Math.max(0, Math.min(gain.length - 1, gain.selectedIndex + (event.key === '+' ? -1 : 1)));
    choose();
  }
});
element('mark', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  const input = element('text', HTMLInputElement);
  const written = input.value.trim();
  if (written === '') return;
  if (connection.ask({ do: 'mark', text: written }) !== undefined) input.value = '';
  else text('answer', 'not marked: this page is not connected');
});
element('enter', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  const input = element('token', HTMLInputElement);
  connection.use(input.value);
  input.value = '';
});

// ── How it looks ────────────────────────────────────────────────────────────────────────────────────────────────────

function fillReferences(channels: readonly string[]): void {
  const reference = element('reference', HTMLSelectElement);
  reference.replaceChildren(
    new Option('none', '-1'),
    ...channels.map((name, place) => new Option(name, String(place))),
  );
}

function choose(): void {
  const number = (id: string): number => Number(element(id, HTMLSelectElement).value);
  traces.set(number('seconds'), number('gain'), number('reference'));
}

function notice(said: string): void {
  text('notice', `${doubt}${said === '' && doubt !== '' ? elsewhere : said}`);
  show('notice', doubt + said !== '');
}

const gain = element('gain', HTMLSelectElement);
gain.append(
  ...[10, 25, 50, 75, 150, 300, 1000].map((most) => new Option(`±${most}`, String(most), most === 75, most === 75)),
);
const seconds = element('seconds', HTMLSelectElement);
seconds.value = window.innerWidth < 700 ? '10' : '30';
for (const id of ['seconds', 'gain', 'reference']) element(id, HTMLSelectElement).addEventListener('change', choose);
const root = document.documentElement;
root.classList.toggle('red', localStorage.getItem('colours') === 'red');
element('colours', HTMLButtonElement).addEventListener('click', () => {
  localStorage.setItem('colours', root.classList.toggle('red') ? 'red' : 'dark');
  traces.all();
  strip?.draw();
});

function draw(): void {
  traces.draw();
  const age = (performance.now() - newestMs) / 1000;
  const stale = hello !== undefined && hello.display.channels.length > 0 && age > staleSeconds;
  element('signal', HTMLElement).classList.toggle('stale', stale);
  show('stale', stale);
  if (stale) text('stale', Number.isFinite(age) ? `no sample for ${age.toFixed(0)} s` : 'no sample yet');
  text('clock', clock.format(Date.now() + clockAheadMs));
  requestAnimationFrame(draw);
}
requestAnimationFrame(draw);

const elsewhere = 'On the box itself: axond silence. Or pull the plug of the stimulator.';
const twiceMs = 1000;
const stopMs = 3000;
const staleSeconds = 1;
