import { Command } from 'commander';
import { importModelCommand } from './model-import.js';
import { inspectModelCommand } from './model-inspect.js';
import { personaliseModelCommand } from './model-personalise.js';
import { runModelCommand } from './model-run.js';
import { trainModelCommand } from './model-train.js';

export function modelCommand(): Command {
  return new Command('model')
    .description('Import, inspect, run, train and personalise spiking networks')
    .helpCommand(false)
    .addCommand(inspectModelCommand())
    .addCommand(runModelCommand())
    .addCommand(importModelCommand())
    .addCommand(trainModelCommand())
    .addCommand(personaliseModelCommand());
}
