import { existsSync, readFileSync } from 'node:fs';
import { Command } from 'commander';
import { deliveriesPath } from '../recording/deliveries.js';
import { EncryptionError, decryptRecording } from '../recording/encryption.js';
import { Failure, UsageError, print } from './output.js';

export function decryptCommand(): Command {
  return new Command('decrypt')
    .description('A plain recording again, of one that device.encrypt has encrypted (age -d does the same)')
    .argument('<file>', 'an encrypted recording (*.db.age)')
    .requiredOption('--identity <KEYFILE>', 'file with the identity of a recipient, from age-keygen')
    .option('--out <FILE>', 'where to (default: the same name without .age)')
    .addHelpText('after', '\nExample:  axond recording decrypt bedside-1-2026-11-24T22-30-00.db.age --identity key.txt')
    .action(async (file: string, { identity, out }: { identity: string; out?: string }) => {
      for (const given of [file, identity])
        if (!existsSync(given)) throw new UsageError(`${given}: there is no such file.`);
      if (out === undefined && !file.endsWith('.age'))
        throw new UsageError(`${file}: does not end in .age. Say with --out where the recording goes.`);
      const plain = out ?? file.replace(/\.age$/, '');
      const log = `${deliveriesPath(file)}.age`;
      const whole = [[file, plain] as const];
      // Of a run that was killed.
      if (file.endsWith('.db.age') && existsSync(log)) whole.push([log, deliveriesPath(plain)]);
      try {
        for (const [from, to] of whole) await decryptRecording(from, readFileSync(identity, 'utf8'), to);
      } catch (error) {
        if (error instanceof EncryptionError) throw new Failure(error.message);
        throw error;
      }
      print(...whole.map(([, to]) => to));
    });
}
