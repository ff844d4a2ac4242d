import { BudgetFile } from './budget-file.js';
import { LeaseKeeper } from './lease-keeper.js';
import { EventCode } from '../loop/records.js';

/** A recorder that is armed and reserves a lease, says so, and then never comes to post it. */
const [folder = ''] = process.argv.slice(2);
const { file, budget } = BudgetFile.open(folder, () => false);
budget.continueIn('this boot', 1e6);
budget.begin('killed.db', '');
const keeper = new LeaseKeeper(budget, { perHour: 100, perNight: 100 });
keeper.observe(Float64Array.of(EventCode.armed, 1, 0, 1e6, 1e12, 6, 100, 100, 0, 0, 0, 0));
if (!keeper.due(1e6, 1e6)) throw new Error('no lease is due');
file.save(budget.toText());
process.stdout.write('reserved\n');
setInterval(() => undefined, 1000);
