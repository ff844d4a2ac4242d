/*
 * The board's inputs, which QEMU has not: lines of text on the second serial line set them, as on the host port's standard
 * input: `digital LEVELS` (a bit an input), `analogue INPUT VALUE`. `time` is answered by the clock, in microseconds: an
 * emulated one may fall behind. Supplies port_digital and port_analogue.
 */
#ifndef AXOND_EMULATED_INPUTS_H
#define AXOND_EMULATED_INPUTS_H

void emulated_inputs_poll(void);

#endif
