/*
 * The board: Arm's MPS2 with the FPGA image AN385 (a Cortex-M3 at 25 MHz), as its application note AN385 and QEMU's
 * `mps2-an385` have it. Another Cortex-M board changes this file, uart.c and the addresses in the linker scripts.
 */
#ifndef AXOND_BOARD_H
#define AXOND_BOARD_H

#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(address))

#define CLOCK_HZ 25000000u

/* Counts down at CLOCK_HZ, from RELOAD, and begins again. */
#define TIMER1_CONTROL REGISTER(0x40001000u)
#define TIMER1_VALUE REGISTER(0x40001004u)
#define TIMER1_RELOAD REGISTER(0x40001008u)

#define WATCHDOG_LOAD REGISTER(0x40008000u)
#define WATCHDOG_CONTROL REGISTER(0x40008008u)
#define WATCHDOG_CLEAR REGISTER(0x4000800cu)

/* Two lamps in the lowest bits; the board ignores the others. */
#define LAMPS REGISTER(0x40028000u)

/* Of every Cortex-M (Armv7-M Architecture Reference Manual, B3). */
#define SYSTICK_CONTROL REGISTER(0xe000e010u)
#define SYSTICK_RELOAD REGISTER(0xe000e014u)
#define SYSTICK_VALUE REGISTER(0xe000e018u)
#define INTERRUPT_ENABLE REGISTER(0xe000e100u)
#define VECTOR_TABLE REGISTER(0xe000ed08u)
#define RESET_CONTROL REGISTER(0xe000ed0cu)

/* Flash is emulated in PSRAM, which keeps what it has over a reset; behind it lives the count of boots. */
#define FLASH_ADDRESS 0x21000000u
#define BANK_SIZE 0x20000u
#define BOOT_COUNT REGISTER(FLASH_ADDRESS + 2u * BANK_SIZE)

/* Where the vectors of an image stand in its bank: the header lies before them. */
#define IMAGE_VECTORS 256u

/* The output as the hardware has it: both lamps while there is any. The bits above say how much to who watches writes. */
static inline void board_output(uint16_t amplitude) {
  LAMPS = (uint32_t)amplitude << 2 | (amplitude > 0 ? 3u : 0u);
}

_Noreturn static inline void board_reset(void) {
  __asm__ volatile("dsb" ::: "memory");
  RESET_CONTROL = 0x05fa0004u;
  for (;;) {
  }
}

/* Bites when it is not fed for this long: by an interrupt that nothing masks first, then by a reset. */
#define WATCHDOG_MS 2000u

static inline void watchdog_start(void) {
  WATCHDOG_LOAD = CLOCK_HZ / 1000u * WATCHDOG_MS;
  WATCHDOG_CONTROL = 3;
}

static inline void watchdog_feed(void) {
  WATCHDOG_CLEAR = 1;
}

#endif
