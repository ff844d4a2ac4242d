import { Command } from 'commander';
import { evalPlaceCommand } from './place-eval.js';
import { inspectMapCommand } from './place-inspect.js';
import { addPlacesCommand, learnPlacesCommand } from './place-learn.js';
import { matchPlacesCommand } from './place-match.js';
import { steerCommand } from './place-steer.js';

export function placeCommand(): Command {
  return new Command('place')
    .description('Recognise places: learn maps of routes, say where a robot was, score methods on drives')
    .helpCommand(false)
    .addHelpText(
      'after',
      '\nOn board:  axond run --preset place   (learns and recognises from a camera; steered by axond place steer)\nEach verb: axond place VERB --help',
    )
    .addCommand(learnPlacesCommand())
    .addCommand(addPlacesCommand())
    .addCommand(matchPlacesCommand())
    .addCommand(inspectMapCommand())
    .addCommand(steerCommand())
    .addCommand(evalPlaceCommand());
}
