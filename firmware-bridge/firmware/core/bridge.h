/*
 * The bridge: bytes in, the interlock, bytes out. There is one. A port calls `bridge_tick` at its tick, from an interrupt
 * where it has one, and `bridge_poll` from its main loop.
 */
#ifndef AXOND_BRIDGE_H
#define AXOND_BRIDGE_H

#include <stdbool.h>
#include <stdint.h>

/* At rest and silent; before the first tick. */
void bridge_boot(void);

/* So many ticks have passed. The output is what the interlock says when it returns. A port that sleeps calls it before
 * `bridge_poll`, with all ticks that it slept. */
void bridge_tick(uint32_t ticks);

/* Takes what has arrived, answers, and tells what has happened. True: there may be more to take. */
bool bridge_poll(void);

/* Ticks until `bridge_tick` is needed, at least 1, for a port that sleeps. */
uint32_t bridge_next(void);

#endif
