/** As a run and a list of beds tell of it. */
export interface ShownAlarm {
  readonly alarm: string;
  readonly words: string;
  readonly detail: string;
  readonly fix: string;
  readonly over: boolean;
  readonly by: string;
}

/** One line an alarm with what to do, and who has seen it. */
function alarmItem(shown: ShownAlarm, acknowledge: (by: string) => void): HTMLElement {
  const item = document.createElement('li');
  const words = document.createElement('b');
  words.textContent = `${shown.words}${shown.detail === '' ? '' : ` (${shown.detail})`}`;
  item.append(words);
  if (shown.over) item.append('is over');
  if (shown.by === '') item.append(initialsForm(acknowledge));
  else {
    item.className = 'seen';
    item.append(`seen by ${shown.by}`);
  }
  const fix = document.createElement('small');
  fix.textContent = shown.fix;
  item.append(fix);
  return item;
}

/** A list that is drawn anew only when it has changed: what is being written into it must not go. */
export function alarmList(
  list: HTMLElement,
  acknowledge: (alarm: string, by: string) => void,
): { show(alarms: readonly ShownAlarm[]): void } {
  let drawn = '';
  return {
    show(alarms) {
      const now = JSON.stringify(alarms);
      if (now === drawn) return;
      drawn = now;
      list.replaceChildren(...alarms.map((shown) => alarmItem(shown, (by) => acknowledge(shown.alarm, by))));
    },
  };
}

function initialsForm(acknowledge: (by: string) => void): HTMLElement {
  const form = document.createElement('form');
  const initials = document.createElement('input');
  initials.placeholder = 'initials';
  initials.size = 6;
  initials.required = true;
  initials.pattern = '[A-Za-z\\u00C0-\\u024F]{2,5}';
  initials.title = 'two to five letters';
  // Kept for the next one in this tab.
  initials.value = sessionStorage.getItem('initials') ?? '';
  const button = document.createElement('button');
  button.textContent = 'seen';
  form.append(initials, button);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    sessionStorage.setItem('initials', initials.value);
    acknowledge(initials.value);
  });
  return form;
}
