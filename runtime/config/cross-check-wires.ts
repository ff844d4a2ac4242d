import { realpathSync } from 'node:fs';
import { headerLabels } from '../../drivers/gpio/chip.js';
import type { Check } from './check.js';
import type { Path } from './tree.js';

/** One user a line and a port: what listens must not hold what stimulates, and two readers would each get half. */
export function crossCheckWires({ configuration, fault }: Check): void {
  const { device, source, actuators } = configuration;
  const users: Wire[] = [];
  for (const [name, plan] of Object.entries(actuators)) {
    const whose = `the actuator ${name}`;
    if (plan.use === 'gpio') users.push(...plan.lines.map((line) => ({ whose, line, chip: plan.chip })));
    else if ('port' in plan && typeof plan.port === 'string') users.push({ whose, port: plan.port });
  }
  if (source && 'device' in source) {
    const { device: plan, port } = source;
    users.push({ whose: 'the source', port });
    if (plan.use === 'ads1299')
      users.push({ whose: 'data ready', line: plan.options.dataReady, chip: plan.options.chip });
  }
  if (device.stopInput) users.push({ whose: 'the stop input', ...device.stopInput });
  for (const [name, plan] of Object.entries(device.marks)) {
    if (plan.use === 'lsl') continue;
    const key = plan.use === 'gpio' ? 'line' : 'port';
    const wire: Wire = { whose: `the marks ${name}`, ...plan };
    const path: Path = ['device', 'marks', name, key];
    const other = users.find((user) => isSame(user, wire));
    if (other) fault(path, `is that of ${other.whose} too`, `Use another ${key}.`);
    users.push(wire);
  }
  if (!device.sync) return;
  const wire: Wire = { whose: 'sync', ...device.sync };
  const key = device.sync.use === 'gpio' ? 'line' : 'port';
  const other = users.find((user) => isSame(user, wire));
  if (other) fault(['device', 'sync', key], `is that of ${other.whose} too`, `Use another ${key}.`);
}

interface Wire {
  readonly whose: string;
  readonly port?: string;
  readonly line?: number;
  readonly chip?: string | undefined;
}

function isSame(a: Wire, b: Wire): boolean {
  if (a.line !== undefined) return a.line === b.line && chipOf(a) === chipOf(b);
  return a.port !== undefined && b.port !== undefined && placeOf(a.port) === placeOf(b.port);
}

/** A machine has one header, whatever its chip is called. */
function chipOf({ chip }: Wire): string {
  return chip === undefined || headerLabels.some((label) => label === chip) ? 'header' : chip;
}

/** Ports have several names. */
function placeOf(port: string): string {
  try {
    return realpathSync(port);
  } catch {
    return port; // it is not plugged in
  }
}
