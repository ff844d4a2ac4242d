import { BridgeClient } from './bridge-client.js';
import { TerminalLine } from './terminal-line.js';

/** Run with the path of a terminal: a host that gives a pulse, says so, and beats on until it is killed. */
const client = new BridgeClient(new TerminalLine(process.argv[2] ?? ''));
await client.open();
client.beat();
const { reasons } = await client.pulse({ durationUs: 400_000 });
await client.next('edge', ({ amplitude }) => amplitude > 0);
process.stdout.write(`pulse ${reasons}\n`);
for (;;) await client.live(20_000);
