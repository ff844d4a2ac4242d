/* The bridge on the board: time and its tick, the output, and the loop that serves the line. */
#include "../../core/bridge.h"
#include "../../core/interlock.h"
#include "../../port.h"
#include "../emulated_flash.h"
#include "board.h"
#include "emulated_inputs.h"
#include "uart.h"

#define COUNTS_PER_TICK (CLOCK_HZ / 1000000u * INTERLOCK_TICK_US)

extern const uint8_t link_bank[]; /* its address is the number of the bank that this image is linked for */

/* Counts of the clock since boot up to the newest tick, which is also where the counter stood then. */
static uint64_t ticked_counts;

/* A timer that counts down from its maximum, as one that counts up from 0. */
static uint32_t counter(void) {
  return UINT32_MAX - TIMER1_VALUE;
}

static void start_clock(void) {
  TIMER1_RELOAD = UINT32_MAX;
  TIMER1_VALUE = UINT32_MAX;
  TIMER1_CONTROL = 1;
  SYSTICK_RELOAD = COUNTS_PER_TICK - 1u;
  SYSTICK_VALUE = 0;
  SYSTICK_CONTROL = 7; /* of the processor's clock, with its interrupt */
}

void tick_interrupt(void);

/* An interrupt that comes late, as after an erase that held the processor, brings all the ticks that have passed. */
void tick_interrupt(void) {
  uint32_t ticks = (counter() - (uint32_t)ticked_counts) / COUNTS_PER_TICK;
  if (ticks == 0) return;
  ticked_counts += (uint64_t)ticks * COUNTS_PER_TICK;
  bridge_tick(ticks);
}

static uint32_t mask_interrupts(void) {
  uint32_t masked;
  __asm__ volatile("mrs %0, primask\n"
                   "cpsid i"
                   : "=r"(masked)::"memory");
  return masked;
}

static void restore_interrupts(uint32_t masked) {
  __asm__ volatile("msr primask, %0" ::"r"(masked) : "memory");
}

uint64_t port_now_us(void) {
  uint32_t masked = mask_interrupts();
  uint64_t counts = ticked_counts + (counter() - (uint32_t)ticked_counts);
  restore_interrupts(masked);
  return counts / (CLOCK_HZ / 1000000u);
}

void port_lock(void) {
  (void)mask_interrupts();
}

void port_unlock(void) {
  restore_interrupts(0);
}

void port_output(uint16_t amplitude) {
  static uint16_t now;
  if (amplitude == now) return;
  now = amplitude;
  board_output(amplitude);
}

uint32_t port_boot(void) {
  return BOOT_COUNT;
}

void port_reset(void) {
  board_output(0);
  uart_finish();
  board_reset();
}

int main(void) {
  emulated_flash_use((uint8_t *)FLASH_ADDRESS, BANK_SIZE, (uint8_t)(uintptr_t)link_bank);
  port_lock();
  bridge_boot();
  uart_start();
  start_clock();
  port_unlock();
  for (;;) {
    watchdog_feed();
    emulated_inputs_poll();
    if (!bridge_poll()) __asm__ volatile("wfi");
  }
}
