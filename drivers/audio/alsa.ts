import { createRequire } from 'node:module';
import type { Pcm } from './pcm.js';

/**
 * A card by ALSA's library, through koffi. The card is opened once, without blocking; threads of the process share it by
 * its address, for ALSA's calls may come from any thread.
 */
export class AlsaPcm implements Pcm {
  readonly rate: number;
  readonly periodFrames: number;
  readonly bufferFrames: number;
  readonly fullScale: number;
  readonly period: Int16Array | Int32Array;
  readonly #alsa = alsa();
  readonly #address: bigint;
  readonly #pointer: bigint;
  readonly #delay = new BigInt64Array(1);

  constructor({ address, rate, periodFrames, bufferFrames, format }: OpenCard) {
    this.rate = rate;
    this.periodFrames = periodFrames;
    this.bufferFrames = bufferFrames;
    this.fullScale = format === 'S32_LE' ? 2 ** 31 : 2 ** 15;
    this.#address = address;
    const samples = 2 * periodFrames;
    const { koffi } = this.#alsa;
    this.#pointer = koffi.alloc(format === 'S32_LE' ? 'int32_t' : 'int16_t', samples) as bigint;
    this.period =
      format === 'S32_LE'
        ? new Int32Array(koffi.view(this.#pointer, 4 * samples))
        : new Int16Array(koffi.view(this.#pointer, 2 * samples));
  }

  available(): number {
    return this.#alsa.availUpdate(this.#address);
  }

  write(): number {
    return this.#alsa.writei(this.#address, this.#pointer, this.periodFrames);
  }

  delay(): number {
    const failed = this.#alsa.delay(this.#address, this.#delay);
    return failed < 0 ? failed : Number(this.#delay[0]);
  }

  start(): number {
    return this.#alsa.start(this.#address);
  }

  drop(): number {
    return this.#alsa.drop(this.#address);
  }

  prepare(): number {
    return this.#alsa.prepare(this.#address);
  }
}

/** A card as `openCard` left it: what another thread of this process needs to use it. */
export interface OpenCard {
  readonly address: bigint;
  readonly rate: number;
  readonly periodFrames: number;
  readonly bufferFrames: number;
  readonly format: 'S32_LE' | 'S16_LE';
}

/** Opens a card for two channels, stopped. Throws one line that names the card and the fix. */
export function openCard(card: string, rate: number, periodFrames: number): OpenCard {
  const library = alsa();
  const { open, close } = library;
  const found: [bigint | null] = [null];
  const opened = open(found, card, playback, nonBlocking | noResampling);
  const address = found[0];
  if (opened < 0 || address === null) throw new Error(`${card}: ${openFault(library, opened)}`);
  try {
    return { address, ...configure(library, card, address, rate, periodFrames) };
  } catch (error) {
    close(address);
    throw error;
  }
}

export function closeCard({ address }: OpenCard): void {
  alsa().close(address);
}

function configure(
  library: Alsa,
  card: string,
  address: bigint,
  rate: number,
  periodFrames: number,
): Omit<OpenCard, 'address'> {
  const holder: [bigint | null] = [null];
  library.hwMalloc(holder);
  const hw = holder[0];
  if (hw === null) throw new Error(`${card}: no memory for its parameters.`);
  const demand = (result: number, what: string, fix: string): void => {
    if (result < 0) throw new Error(`${card}: ${what} (${library.strerror(result)}). ${fix}`);
  };
  try {
    demand(library.hwAny(address, hw), 'offers no way to play', otherCard);
    demand(library.hwAccess(address, hw, interleaved), 'takes no interleaved samples', otherCard);
    const format = (['S32_LE', 'S16_LE'] as const).find((name) => library.hwFormat(address, hw, formats[name]) >= 0);
    if (format === undefined) throw new Error(`${card}: takes neither 16 nor 32-bit samples. ${otherCard}`);
    demand(library.hwChannels(address, hw, 2), 'does not play two channels', otherCard);
    const rateFix = 'Set the actuator’s rate to one that the card has, such as 44.1kHz or 48kHz.';
    demand(library.hwRate(address, hw, rate, 0), `does not run at ${rate} Hz`, rateFix);
    const period = new BigUint64Array([BigInt(periodFrames)]);
    const direction = new Int32Array(1);
    demand(library.hwPeriod(address, hw, period, direction), 'has no period', otherCard);
    const wanted = Math.min(periods, Math.floor((longestBufferSeconds * rate) / Number(period[0])));
    const buffer = new BigUint64Array([BigInt(Number(period[0]) * Math.max(2, wanted))]);
    demand(library.hwBuffer(address, hw, buffer), 'has no buffer', otherCard);
    demand(library.hwParams(address, hw), 'refuses its parameters', otherCard);
    const [periodGiven, bufferGiven] = [Number(period[0]), Number(buffer[0])];
    if (bufferGiven > longestBufferSeconds * rate || periodGiven * 2 > bufferGiven) {
      const ms = Math.round((bufferGiven * 1000) / rate);
      throw new Error(
        `${card}: has ${ms} ms (${bufferGiven} frames, period ${periodGiven}) as its shortest buffer, and a silence must not wait for more than ${longestBufferSeconds * 1000} ms. Use a card as hw:N, without a mixer such as dmix, or a shorter period.`,
      );
    }
    startByHand(library, address, demand);
    return { rate, periodFrames: periodGiven, bufferFrames: bufferGiven, format };
  } finally {
    library.hwFree(hw);
  }
}

/** The card starts when it is told to, not when its buffer is full. An underrun stops it: that is silence. */
function startByHand(
  library: Alsa,
  address: bigint,
  demand: (result: number, what: string, fix: string) => void,
): void {
  const holder: [bigint | null] = [null];
  library.swMalloc(holder);
  const sw = holder[0];
  if (sw === null) throw new Error('no memory for the parameters of a card.');
  try {
    demand(library.swCurrent(address, sw), 'has no software parameters', otherCard);
    demand(library.swStart(address, sw, 0x7fffffff), 'takes no start threshold', otherCard);
    demand(library.swParams(address, sw), 'refuses its software parameters', otherCard);
  } finally {
    library.swFree(sw);
  }
}

function openFault(library: Alsa, code: number): string {
  const said = library.strerror(code);
  if (code === -2) return `is no card of this machine (${said}). List them with \`aplay -l\`, and plug it in.`;
  if (code === -16) return `is in use by another program (${said}). End that, or stop its sound server.`;
  if (code === -13) return `may not be opened (${said}). Run sudo usermod -aG audio $USER, then log in again.`;
  return `cannot be opened (${said}). ${otherCard}`;
}

type Alsa = ReturnType<typeof bind>;
let bound: Alsa | undefined;

/** Of this thread. Throws one line if ALSA or koffi is not there. */
export function alsa(): Alsa {
  return (bound ??= bind());
}

function bind() {
  const koffi = loadKoffi();
  let library: ReturnType<typeof koffi.load>;
  try {
    library = koffi.load('libasound.so.2');
  } catch {
    throw new Error('sound: libasound.so.2 is not installed. Run sudo apt-get install libasound2.');
  }
  // The library prints its complaints by itself. Its handler may be any function: this one looks at nothing.
  const libc = koffi.load('libc.so.6');
  library.func('int snd_lib_error_set_handler(void *handler)')(libc.symbol('getpid'));
  type Handle = bigint;
  return {
    koffi,
    library,
    strerror: library.func('str snd_strerror(int code)') as (code: number) => string,
    open: library.func('int snd_pcm_open(_Out_ void **pcm, const char *name, int stream, int mode)') as (
      pcm: [bigint | null],
      name: string,
      stream: number,
      mode: number,
    ) => number,
    close: library.func('int snd_pcm_close(void *pcm)') as (pcm: Handle) => number,
    prepare: library.func('int snd_pcm_prepare(void *pcm)') as (pcm: Handle) => number,
    start: library.func('int snd_pcm_start(void *pcm)') as (pcm: Handle) => number,
    drop: library.func('int snd_pcm_drop(void *pcm)') as (pcm: Handle) => number,
    availUpdate: library.func('long snd_pcm_avail(void *pcm)') as (pcm: Handle) => number,
    delay: library.func('int snd_pcm_delay(void *pcm, int64_t *frames)') as (
      pcm: Handle,
      frames: BigInt64Array,
    ) => number,
    writei: library.func('long snd_pcm_writei(void *pcm, const void *buffer, ulong frames)') as (
      pcm: Handle,
      buffer: bigint,
      frames: number,
    ) => number,
    hwMalloc: library.func('int snd_pcm_hw_params_malloc(_Out_ void **params)') as (params: [bigint | null]) => number,
    hwFree: library.func('void snd_pcm_hw_params_free(void *params)') as (params: Handle) => void,
    hwAny: library.func('int snd_pcm_hw_params_any(void *pcm, void *params)') as (pcm: Handle, hw: Handle) => number,
    hwAccess: ofPair(library.func('int snd_pcm_hw_params_set_access(void *pcm, void *params, int access)')),
    hwFormat: ofPair(library.func('int snd_pcm_hw_params_set_format(void *pcm, void *params, int format)')),
    hwChannels: ofPair(library.func('int snd_pcm_hw_params_set_channels(void *pcm, void *params, uint channels)')),
    hwRate: library.func('int snd_pcm_hw_params_set_rate(void *pcm, void *params, uint rate, int direction)') as (
      pcm: Handle,
      hw: Handle,
      rate: number,
      direction: number,
    ) => number,
    hwPeriod: library.func(
      'int snd_pcm_hw_params_set_period_size_near(void *pcm, void *params, uint64_t *frames, int *direction)',
    ) as (pcm: Handle, hw: Handle, frames: BigUint64Array, direction: Int32Array) => number,
    hwBuffer: library.func('int snd_pcm_hw_params_set_buffer_size_near(void *pcm, void *params, uint64_t *frames)') as (
      pcm: Handle,
      hw: Handle,
      frames: BigUint64Array,
    ) => number,
    hwParams: library.func('int snd_pcm_hw_params(void *pcm, void *params)') as (pcm: Handle, hw: Handle) => number,
    swMalloc: library.func('int snd_pcm_sw_params_malloc(_Out_ void **params)') as (params: [bigint | null]) => number,
    swFree: library.func('void snd_pcm_sw_params_free(void *params)') as (params: Handle) => void,
    swCurrent: library.func('int snd_pcm_sw_params_current(void *pcm, void *params)') as (
      pcm: Handle,
      sw: Handle,
    ) => number,
    swStart: ofPair(library.func('int snd_pcm_sw_params_set_start_threshold(void *pcm, void *params, ulong frames)')),
    swParams: library.func('int snd_pcm_sw_params(void *pcm, void *params)') as (pcm: Handle, sw: Handle) => number,
  };
}

function ofPair(call: unknown): (pcm: bigint, params: bigint, value: number) => number {
  return call as (pcm: bigint, params: bigint, value: number) => number;
}

function loadKoffi(): typeof import('koffi') {
  try {
    return createRequire(import.meta.url)('koffi') as typeof import('koffi');
  } catch {
    throw new Error('sound: the package koffi is not installed. Run npm ci.');
  }
}

const playback = 0;
const nonBlocking = 1;
/** SND_PCM_NO_AUTO_RESAMPLE: what is written is what sounds, sample for sample. */
const noResampling = 0x10000;
const interleaved = 3;
const formats = { S16_LE: 2, S32_LE: 10 } as const;
/** As many as the longest buffer holds: with three, a wake that is 5.4 ms late underruns, with four one of 8 ms. */
const periods = 4;
const longestBufferSeconds = 0.0107;
const otherCard = 'Use another card; `aplay -l` lists them.';
