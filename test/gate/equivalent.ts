/**
 * Changes of `decide/gate.ts` that change nothing that anybody can see, by the names that `mutants.ts` gives them, and
 * why. A change of the code breaks the name and so asks for the proof again: `npm run mutate:gate` says it.
 */
export const equivalent: Readonly<Record<string, string>> = {
  'lower: < → <= in gainDb < this.gainDb': 'Where the two are equal, a value is replaced by itself.',
  'lower: < → <= in perMinute < limits.perMinute':
    'Where the two are equal, a limit is replaced by its own floor: limits are whole numbers from the configuration on.',
  'lower: < → <= in perHour < limits.perHour': 'As for perMinute.',
  'lower: < → <= in perNight < limits.perNight': 'As for perMinute.',
  'lower: > → >= in intervalUs > limits.intervalUs': 'Where the two are equal, a value is replaced by itself.',
  '#leaseLeft: 0 → 1 in #leaseLeft = 0;': 'Without a lease its time is over, whatever is left in it.',
  '#leaseLeft: 0 → (-1) in #leaseLeft = 0;': 'Below one is below one.',
  '#leaseUntilUs: -Infinity → Infinity in #leaseUntilUs = -Infinity;': 'Without a lease nothing is left in it.',
  'disarm: 0 → (-1) in this.#leaseLeft = 0': 'Below one is below one.',
  'past: < → <= in stimuli < capacity': 'Where the two are equal, both are the same number.',
  "spent: |= → = in reasons |= bit['per-hour']": 'It is the first: there is nothing to be kept.',
  'decide: > → >= in nowUs > this.#newestUs': 'Where the two are equal, a value is replaced by itself.',
};
