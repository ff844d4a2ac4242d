import { Command } from 'commander';
import { evalPlaceCommand } from './place-eval.js';

export function placeCommand(): Command {
  return new Command('place')
    .description('Recognise places: score methods on drives')
    .helpCommand(false)
    .addCommand(evalPlaceCommand());
}
