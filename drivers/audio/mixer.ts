import { alsa } from './alsa.js';
import type { MixerVolume } from './calibration.js';

/** What ALSA knows of the hardware behind a card's name. */
export interface CardState {
  /** As its driver calls it; empty where there is no hardware. */
  readonly driver: string;
  /** Every playback volume of its simple mixer; null where it has none. */
  readonly mixer: readonly MixerVolume[] | null;
}

/** Reads name and volumes of a card, such as `hw:0`. Changes nothing. */
export function readCardState(card: string): CardState {
  const control = controlOf(card);
  if (control === undefined) return { driver: '', mixer: null };
  const library = mixerCalls();
  return { driver: driverOf(library, control), mixer: volumesOf(library, control) };
}

/** The control device of a card: `plughw:1,0` → `hw:1`; `default` as it is. Plug-ins without a card have none. */
function controlOf(card: string): string | undefined {
  const [, hardware] = /^(?:plug)?hw:(?:CARD=)?([^,]+)/.exec(card) ?? [];
  if (hardware !== undefined) return `hw:${hardware}`;
  return /^[A-Za-z][A-Za-z0-9_-]*$/.test(card) && card !== 'null' ? card : undefined;
}

function driverOf(library: MixerCalls, control: string): string {
  const handle: [bigint | null] = [null];
  if (library.ctlOpen(handle, control, 0) < 0 || handle[0] === null) return '';
  const info: [bigint | null] = [null];
  library.infoMalloc(info);
  try {
    if (info[0] === null || library.cardInfo(handle[0], info[0]) < 0) return '';
    return `${library.infoDriver(info[0]) ?? ''}: ${library.infoLongName(info[0]) ?? ''}`;
  } finally {
    if (info[0] !== null) library.infoFree(info[0]);
    library.ctlClose(handle[0]);
  }
}

function volumesOf(library: MixerCalls, control: string): readonly MixerVolume[] | null {
  const handle: [bigint | null] = [null];
  if (library.mixerOpen(handle, 0) < 0 || handle[0] === null) return null;
  const mixer = handle[0];
  try {
    if (library.attach(mixer, control) < 0 || library.register(mixer, null, null) < 0 || library.load(mixer) < 0) {
      return null;
    }
    const found: MixerVolume[] = [];
    for (let element = library.first(mixer); element !== null; element = library.next(element)) {
      if (library.hasVolume(element) !== 1) continue;
      const [left, right, on] = [new BigInt64Array(1), new BigInt64Array(1), new Int32Array([1])];
      if (library.volume(element, frontLeft, left) < 0) continue;
      if (library.volume(element, frontRight, right) < 0) right[0] = left[0] as bigint;
      if (library.hasSwitch(element) === 1) library.switched(element, frontLeft, on);
      found.push({
        control: library.elementName(element) ?? '',
        index: library.elementIndex(element),
        left: Number(left[0]),
        right: Number(right[0]),
        on: on[0] === 1,
      });
    }
    return found.length > 0 ? found : null;
  } finally {
    library.mixerClose(mixer);
  }
}

/** What has changed since the calibration, one line each. */
export function changesSince(
  before: { readonly driver: string; readonly mixer: readonly MixerVolume[] | null },
  now: CardState,
): string[] {
  const remedy = 'Set it back, or run axond setup sound again.';
  if (before.driver !== now.driver) {
    return [`the card is "${now.driver}", and "${before.driver}" was calibrated. ${remedy}`];
  }
  const name = ({ control, index }: MixerVolume): string => (index === 0 ? control : `${control} ${index}`);
  const text = (volume: MixerVolume | undefined): string =>
    volume ? `${volume.left}/${volume.right}${volume.on ? '' : ' (off)'}` : 'absent';
  const names = new Set([...(before.mixer ?? []), ...(now.mixer ?? [])].map(name));
  return [...names].flatMap((control) => {
    const [was, is] = [before, now].map(({ mixer }) => text(mixer?.find((volume) => name(volume) === control)));
    return was === is ? [] : [`mixer control ${control} is ${is ?? ''}, and ${was ?? ''} was calibrated. ${remedy}`];
  });
}

type MixerCalls = ReturnType<typeof bind>;
let bound: MixerCalls | undefined;

function mixerCalls(): MixerCalls {
  return (bound ??= bind());
}

function bind() {
  const { library } = alsa();
  type Out = [bigint | null];
  return {
    ctlOpen: library.func('int snd_ctl_open(_Out_ void **ctl, const char *name, int mode)') as (
      ctl: Out,
      name: string,
      mode: number,
    ) => number,
    ctlClose: library.func('int snd_ctl_close(void *ctl)') as (ctl: bigint) => number,
    infoMalloc: library.func('int snd_ctl_card_info_malloc(_Out_ void **info)') as (info: Out) => number,
    infoFree: library.func('void snd_ctl_card_info_free(void *info)') as (info: bigint) => void,
    cardInfo: library.func('int snd_ctl_card_info(void *ctl, void *info)') as (ctl: bigint, info: bigint) => number,
    infoDriver: library.func('str snd_ctl_card_info_get_driver(void *info)') as (info: bigint) => string | null,
    infoLongName: library.func('str snd_ctl_card_info_get_longname(void *info)') as (info: bigint) => string | null,
    mixerOpen: library.func('int snd_mixer_open(_Out_ void **mixer, int mode)') as (mixer: Out, mode: number) => number,
    mixerClose: library.func('int snd_mixer_close(void *mixer)') as (mixer: bigint) => number,
    attach: library.func('int snd_mixer_attach(void *mixer, const char *name)') as (
      mixer: bigint,
      name: string,
    ) => number,
    register: library.func('int snd_mixer_selem_register(void *mixer, void *options, void *classp)') as (
      mixer: bigint,
      options: null,
      classes: null,
    ) => number,
    load: library.func('int snd_mixer_load(void *mixer)') as (mixer: bigint) => number,
    first: library.func('void *snd_mixer_first_elem(void *mixer)') as (mixer: bigint) => bigint | null,
    next: library.func('void *snd_mixer_elem_next(void *element)') as (element: bigint) => bigint | null,
    elementName: library.func('str snd_mixer_selem_get_name(void *element)') as (element: bigint) => string | null,
    elementIndex: library.func('uint snd_mixer_selem_get_index(void *element)') as (element: bigint) => number,
    hasVolume: library.func('int snd_mixer_selem_has_playback_volume(void *element)') as (element: bigint) => number,
    hasSwitch: library.func('int snd_mixer_selem_has_playback_switch(void *element)') as (element: bigint) => number,
    volume: library.func('int snd_mixer_selem_get_playback_volume(void *element, int channel, int64_t *value)') as (
      element: bigint,
      channel: number,
      value: BigInt64Array,
    ) => number,
    switched: library.func('int snd_mixer_selem_get_playback_switch(void *element, int channel, int *value)') as (
      element: bigint,
      channel: number,
      value: Int32Array,
    ) => number,
  };
}

const frontLeft = 0;
const frontRight = 1;
