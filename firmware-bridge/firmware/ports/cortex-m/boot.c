/* The boot loader: starts the bank that bank_choose() says, under the watchdog; without one it stays at rest. */
#include "../../core/bank.h"
#include "../../port.h"
#include "../emulated_flash.h"
#include "board.h"

int main(void) {
  BOOT_COUNT++;
  emulated_flash_use((uint8_t *)FLASH_ADDRESS, BANK_SIZE, BANK_NONE);
  uint8_t bank = bank_choose();
  if (bank == BANK_NONE) {
    for (;;) __asm__ volatile("wfi");
  }
  watchdog_start();
  const uint8_t *vectors = port_bank(bank) + IMAGE_VECTORS;
  VECTOR_TABLE = (uint32_t)vectors;
  __asm__ volatile("dsb\n"
                   "ldr r0, [%0]\n"
                   "msr msp, r0\n"
                   "ldr r0, [%0, #4]\n"
                   "bx r0" ::"r"(vectors)
                   : "r0", "memory");
  return 0;
}
