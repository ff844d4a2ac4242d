/*
 * What a board must supply. Nothing here may allocate or wait. README.md says what each must guarantee.
 */
#ifndef AXOND_PORT_H
#define AXOND_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Microseconds since boot: never backwards. Ticks fall on its whole multiples of INTERLOCK_TICK_US. */
uint64_t port_now_us(void);

/* Thousandths of full scale; 0 is rest, which must also be the state of the pin in reset, unpowered and unprogrammed. */
void port_output(uint16_t amplitude);

/* Takes at most `size` bytes that have arrived; 0 when there are none. */
size_t port_read(uint8_t *bytes, size_t size);

/* Queues all of the bytes for the line, or none: false when there is no room. */
bool port_write(const uint8_t *bytes, size_t size);

/* Keeps the tick's interrupt out of what stands between the two. */
void port_lock(void);
void port_unlock(void);

/* Another number at each boot. */
uint32_t port_boot(void);

/* A bit an input. */
uint8_t port_digital(void);
int16_t port_analogue(uint8_t input);

/*
 * Two banks of flash, `bank` 0 or 1, each mapped into memory. Erased bytes read 0xff; a byte is written once after an erase.
 * Writes begin at multiples of 32 and are whole multiples of it but for the last of an image. Only erasing may take longer
 * than a millisecond. False: not done, as far as the flash can tell.
 */
uint8_t port_running_bank(void);
uint32_t port_bank_size(void);
const uint8_t *port_bank(uint8_t bank);
bool port_bank_erase(uint8_t bank);
bool port_bank_write(uint8_t bank, uint32_t offset, const uint8_t *bytes, size_t size);

/* Starts anew through the boot loader; does not come back. */
void port_reset(void);

#endif
