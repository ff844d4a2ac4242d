import { Command } from 'commander';
import { execute } from './execute.js';
import { silenceCommand } from './silence.js';

/** `axond silence` alone. */
await execute(new Command('axond').addCommand(silenceCommand()));
