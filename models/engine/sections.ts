/** Second-order sections in a row, direct form II transposed, as the node `smooth` says. */

/** b0 b1 b2 1 a1 a2 of each section. */
export type Sections = Float64Array;

/**
 * One channel over one tick: returns the output and leaves in `memory`, from `at`, two numbers a section. Several ticks in
 * a row are several calls.
 */
export function filterOnce(x: number, sections: Sections, memory: Float64Array, at: number): number {
  for (let c = 0, z = at; c < sections.length; c += 6, z += 2) {
    const y = (sections[c] as number) * x + (memory[z] as number);
    memory[z] = (sections[c + 1] as number) * x - (sections[c + 4] as number) * y + (memory[z + 1] as number);
    memory[z + 1] = (sections[c + 2] as number) * x - (sections[c + 5] as number) * y;
    x = y;
  }
  return x;
}

/** What `memory` holds when 1 has come in for ever. */
export function steadyMemory(sections: Sections): Float64Array {
  const memory = new Float64Array(sections.length / 3);
  let x = 1;
  for (let c = 0, z = 0; c < sections.length; c += 6, z += 2) {
    const [b0 = 0, b1 = 0, b2 = 0, , a1 = 0, a2 = 0] = sections.subarray(c, c + 6);
    const y = ((b0 + b1 + b2) / (1 + a1 + a2)) * x;
    memory[z] = y - b0 * x;
    memory[z + 1] = b2 * x - a2 * y;
    x = y;
  }
  return memory;
}
