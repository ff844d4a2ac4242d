#include "interlock.h"

/* What hangs on the output may be a sound, a light or a stimulator. A board may tighten these; no host can raise them. */
const struct interlock_limits interlock_compiled = {
    .beat = 250000u / INTERLOCK_TICK_US,
    .duration = 1000000u / INTERLOCK_TICK_US,
    .charge = 1000u * (1000000u / INTERLOCK_TICK_US),
    .interval = 400000u / INTERLOCK_TICK_US,
    .amplitude = 1000u,
    .rate = INTERLOCK_RATE,
    .duty = 500u,
};
