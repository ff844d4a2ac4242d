/** No axis is longer, and no value has more elements than `mostElements`, whatever a file claims. */
export const mostAxis = 1 << 20;
/** Elements of all values and states of a network together: 64 MiB as float32. */
export const mostElements = 1 << 24;
export const mostTicks = 4096;
export const mostLevels = 255;
/** The largest sum that int32 holds. */
export const mostSum = 2 ** 31 - 1;
