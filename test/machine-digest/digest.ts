import type { Digests } from './bytes.js';

/**
 * Digests of what must not depend on the machine, one JSON object on standard output: two machines agree bit for bit where
 * their digests are equal. Inputs are made of whole numbers and + − × ÷ alone, and have digests as well, so that a
 * difference in what goes in does not pass for one in what comes out.
 *   node dist/test/machine-digest/digest.js [networks | portiloop | gate | loops …]
 */
const parts: Readonly<Record<string, () => Promise<Digests>>> = {
  networks: async () => (await import('./networks.js')).networks(),
  portiloop: async () => (await import('./portiloop.js')).portiloop(),
  gate: async () => (await import('./gate.js')).gate(),
  loops: async () => (await import('./loops.js')).loops(),
};

const asked = process.argv.slice(2);
const digests: Digests = {};
for (const [name, part] of Object.entries(parts))
  if (asked.length === 0 || asked.includes(name)) Object.assign(digests, await part());
process.stdout.write(`${JSON.stringify(digests)}\n`);
