/*
 * Two banks of NOR flash in memory, for ports whose board has none: a file, an emulator's RAM, a test's. Supplies
 * port_running_bank and port_bank_... of port.h. Writing only clears bits; the bank that runs is not erased.
 */
#ifndef AXOND_EMULATED_FLASH_H
#define AXOND_EMULATED_FLASH_H

#include <stdint.h>

/* `bytes`: two banks. */
void emulated_flash_use(uint8_t *bytes, uint32_t bank_size, uint8_t running);

/* The power fails after so many steps (a byte written, 32 bytes erased): the last one is left half done, and nothing is
 * done after it. UINT32_MAX: never, as at the start. */
void emulated_flash_cut_after(uint32_t steps);

#endif
