import type { ToPage } from '../messages.js';
import { alarmList } from './alarms.js';
import { Connection } from './connection.js';
import { element, show, text } from './elements.js';

/** The list of beds: one row each, the worst first. It stops nothing: the page of each bed does. */

type Told = Extract<ToPage, { beds: unknown }>['beds'];
type Row = Told['rows'][number];

class BedRow {
  readonly row = document.createElement('tr');
  readonly #cells = Array.from({ length: 5 }, () => document.createElement('td'));
  readonly #alarms: ReturnType<typeof alarmList>;

  constructor(name: string) {
    const list = document.createElement('ul');
    list.className = 'alarms';
    this.#alarms = alarmList(list, (alarm, by) => connection.ask({ do: 'acknowledge', bed: name, alarm, by }));
    const last = document.createElement('td');
    last.append(list);
    this.row.append(...this.#cells, last);
  }

  fail(name: string): void {
    this.row.className = '';
    const contents = [name, '', 'CANNOT BE SHOWN'];
    this.#cells.forEach((cell, place) => (cell.textContent = contents[place] ?? ''));
  }

  tell({ name, code, state, armed_until: until, sampleAge, alarms, ended }: Row): void {
    this.row.className = ended ? 'ended' : '';
    const contents = [
      name,
      code ?? '',
      ended ? 'ended' : state,
      until === null || ended ? '' : clock.format(new Date(until)),
      sampleAge === null ? 'none yet' : sampleAge < 2 ? 'now' : ago(sampleAge),
    ];
    this.#cells.forEach((cell, place) => {
      if (cell.textContent !== contents[place]) cell.textContent = contents[place] ?? '';
    });
    this.#alarms.show(alarms);
  }
}

const rows = element('rows', HTMLTableSectionElement);
const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short' });
/** By name of the bed. */
const shown = new Map<string, BedRow>();

const connection = new Connection('beds', {
  onMessage: (message) => {
    if ('beds' in message) tell(message.beds);
    else if ('answer' in message) text('answer', message.answer.text);
  },
  onSignal: () => undefined,
  onPicture: () => undefined,
  onToken: (why) => {
    show('shown', false);
    show('enter', true);
    notice(why);
  },
  onLost: () => notice(`NOT CONNECTED: what stands here is old. ${elsewhere}`),
});

element('enter', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  const input = element('token', HTMLInputElement);
  connection.use(input.value);
  input.value = '';
});

function tell({ rows: beds, device, broker }: Told): void {
  show('enter', false);
  show('shown', true);
  notice(broker === false ? 'No connection to the broker: other beds are not heard.' : '');
  text('own', device);
  const waiting = beds.filter(({ alarms }) => alarms.some(({ by }) => by === '')).length;
  text('state', waiting === 0 ? `${beds.length} beds` : `${waiting} of ${beds.length} beds NEED SOMEBODY`);
  document.title = waiting === 0 ? 'beds · axond' : `(${waiting}) beds · axond`;
  for (const bed of beds) {
    const row = shown.get(bed.name) ?? new BedRow(bed.name);
    shown.set(bed.name, row);
    try {
      row.tell(bed);
    } catch {
      // Of a row that cannot be shown the others know nothing.
      row.fail(bed.name);
    }
  }
  const order = beds.flatMap(({ name }) => shown.get(name)?.row ?? []);
  // Moved only when the order has changed: what is being written must stay where it is.
  if (order.length !== rows.children.length || order.some((row, place) => rows.children[place] !== row))
    rows.replaceChildren(...order);
}

function ago(seconds: number): string {
  return seconds < 120 ? `${Math.round(seconds)} s ago` : `${Math.round(seconds / 60)} min ago`;
}

function notice(what: string): void {
  text('notice', what);
  show('notice', what !== '');
}

const elsewhere = 'Look at the boxes themselves.';
