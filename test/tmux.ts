import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { until } from './axond-process.js';

/** Why no terminals can be had here, or false. */
export function withoutTmux(): string | false {
  return spawnSync('tmux', ['-V']).status === 0 ? false : 'tmux is not installed';
}

interface Ends {
  after(end: () => void | Promise<void>): void;
}

export const columns = 110;

/** Terminals of a tmux of their own, each with a shell, as somebody sits at them. */
export class Tmux {
  readonly #name = `axond-${process.pid}-${++servers}`;
  #windows = 0;

  constructor(t: Ends) {
    t.after(() => void spawnSync('tmux', ['-L', this.#name, 'kill-server']));
  }

  /** With a prompt that is a dollar. */
  terminal(folder: string, environment: Readonly<Record<string, string>>): Terminal {
    const start = join(folder, 'start.sh');
    // Of root the prompt would be another one.
    const exports = Object.entries(environment).map(([name, value]) => `export ${name}='${value}'\n`);
    writeFileSync(start, `PS1='$ '\n${exports.join('')}`);
    const more = ['-c', folder, '-e', `ENV=${start}`, '/bin/sh'];
    if (this.#windows++ === 0) this.tell('new-session', '-d', '-s', 'bed', '-x', String(columns), '-y', '40', ...more);
    else this.tell('new-window', '-d', '-t', 'bed', ...more);
    return new Terminal(this, `bed:${this.#windows - 1}`);
  }

  tell(...words: string[]): string {
    return execFileSync('tmux', ['-L', this.#name, '-f', '/dev/null', ...words], { encoding: 'utf8' });
  }
}

let servers = 0;

export class Terminal {
  readonly #tmux: Tmux;
  readonly #place: string;
  /** Length of what was there when somebody typed last. */
  #answered = 0;
  /** Lines that were typed. */
  typed = 0;

  constructor(tmux: Tmux, place: string) {
    this.#tmux = tmux;
    this.#place = place;
  }

  /** Line by line as wide as it is. */
  get screen(): string {
    return this.#tmux.tell('capture-pane', '-p', '-e', '-S', '-', '-t', this.#place).trimEnd();
  }

  /** All that was ever on it, whole lines, without the spaces behind. */
  get all(): string {
    return this.#tmux.tell('capture-pane', '-p', '-J', '-S', '-', '-t', this.#place).trimEnd();
  }

  /** Since somebody typed last. */
  get shown(): string {
    return this.all.slice(this.#answered);
  }

  async shows(what: RegExp, withinMs = 60_000): Promise<string> {
    let shown = '';
    const isThere = async (): Promise<boolean> => {
      shown = this.shown;
      if (what.test(shown)) return true;
      await pause(50);
      return false;
    };
    try {
      await until('', isThere, withinMs);
    } catch {
      throw new Error(`waited ${withinMs} ms for ${String(what)} in:\n${shown}`);
    }
    return shown;
  }

  type(line: string): void {
    this.#answered = this.all.length;
    this.typed++;
    if (line !== '') this.#tmux.tell('send-keys', '-t', this.#place, '-l', line);
    this.#tmux.tell('send-keys', '-t', this.#place, 'Enter');
  }

  /** As tmux calls it: `C-c`. */
  press(key: string): void {
    this.#answered = this.all.length;
    this.#tmux.tell('send-keys', '-t', this.#place, key);
  }

  /** As somebody closes its window. */
  close(): void {
    this.#tmux.tell('kill-window', '-t', this.#place);
  }
}
