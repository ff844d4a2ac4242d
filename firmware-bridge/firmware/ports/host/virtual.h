/*
 * The virtual port: the same core in a library whose time, bytes, inputs and flash belong to the test that loaded it.
 */
#ifndef AXOND_VIRTUAL_H
#define AXOND_VIRTUAL_H

#include <stddef.h>
#include <stdint.h>

/* The flash stays as it is, the clock begins again. */
void virtual_power_on(void);

/* Two banks. */
uint8_t *virtual_flash(void);

/* Time passes, tick by tick as on a board. */
void virtual_pass(uint64_t us);

/* Time passes while the port sleeps: it sees all the ticks at once. */
void virtual_oversleep(uint32_t ticks);

/* These bytes arrive now. A reset loses those behind it. */
void virtual_arrive(const uint8_t *bytes, size_t size);

/* Takes what was sent. */
size_t virtual_sent(uint8_t *bytes, size_t size);

/* Bytes that the line takes until they are read. */
void virtual_room(size_t room);

void virtual_digital(uint8_t levels);
void virtual_analogue(uint8_t input, int16_t value);

uint64_t virtual_now_us(void);
uint16_t virtual_output(void);

/* Of the output: all since the power came on. The test asks before there are more than 4096 new ones. */
uint32_t virtual_changes(void);
uint64_t virtual_change_us(uint32_t change);
uint16_t virtual_change_to(uint32_t change);

#endif
