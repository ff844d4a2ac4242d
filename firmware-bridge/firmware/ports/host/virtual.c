#include "virtual.h"

#include <string.h>

#include "../../core/bank.h"
#include "../../core/bridge.h"
#include "../../core/inputs.h"
#include "../../core/interlock.h"
#include "../../port.h"
#include "../emulated_flash.h"

enum { BANK_SIZE = 64 * 1024, LINE = 1 << 16, CHANGES = 1 << 12 };

static struct {
  uint64_t now_us;
  uint32_t boots;
  const uint8_t *arrived;
  size_t arrived_size;
  uint8_t sent[LINE];
  size_t sent_size;
  size_t room;
  uint16_t output;
  uint32_t changes; /* of the output, all */
  uint64_t change_us[CHANGES];
  uint16_t change_to[CHANGES];
  uint8_t digital;
  int16_t analogue[INPUTS_ANALOGUE];
  uint8_t flash[2 * BANK_SIZE];
  bool reset;
} test = {.room = LINE};

uint64_t port_now_us(void) {
  return test.now_us;
}

void port_output(uint16_t amplitude) {
  if (amplitude == test.output) return;
  test.output = amplitude;
  test.change_us[test.changes % CHANGES] = test.now_us;
  test.change_to[test.changes % CHANGES] = amplitude;
  test.changes++;
}

size_t port_read(uint8_t *bytes, size_t size) {
  const size_t taken = size < test.arrived_size ? size : test.arrived_size;
  if (taken == 0) return 0;
  memcpy(bytes, test.arrived, taken);
  test.arrived += taken;
  test.arrived_size -= taken;
  return taken;
}

bool port_write(const uint8_t *bytes, size_t size) {
  if (size > test.room - test.sent_size) return false;
  memcpy(test.sent + test.sent_size, bytes, size);
  test.sent_size += size;
  return true;
}

void port_lock(void) {}

void port_unlock(void) {}

uint32_t port_boot(void) {
  return test.boots;
}

uint8_t port_digital(void) {
  return test.digital;
}

int16_t port_analogue(uint8_t input) {
  return test.analogue[input];
}

void port_reset(void) {
  test.reset = true;
}

/* What the test calls. */

static void boot(void) {
  if (test.boots == 0) memset(test.flash, 0xff, sizeof test.flash);
  test.reset = false;
  test.boots++;
  test.now_us = 0;
  const uint8_t bank = (emulated_flash_use(test.flash, BANK_SIZE, BANK_NONE), bank_choose());
  emulated_flash_use(test.flash, BANK_SIZE, bank == BANK_NONE ? 0 : bank);
  bridge_boot();
}

void virtual_power_on(void) {
  test.arrived_size = 0;
  test.sent_size = 0;
  test.output = 0;
  test.changes = 0;
  boot();
}

uint8_t *virtual_flash(void) {
  return test.flash;
}

void virtual_pass(uint64_t us) {
  const uint64_t until_us = test.now_us + us;
  for (;;) {
    const uint64_t tick_us = (test.now_us / INTERLOCK_TICK_US + 1) * INTERLOCK_TICK_US;
    if (tick_us > until_us) break;
    test.now_us = tick_us;
    bridge_tick(1);
  }
  test.now_us = until_us;
  while (bridge_poll()) {}
}

void virtual_oversleep(uint32_t ticks) {
  test.now_us = (test.now_us / INTERLOCK_TICK_US + ticks) * INTERLOCK_TICK_US;
  bridge_tick(ticks);
  while (bridge_poll()) {}
}

void virtual_arrive(const uint8_t *bytes, size_t size) {
  test.arrived = bytes;
  test.arrived_size = size;
  while (bridge_poll() && !test.reset) {}
  test.arrived_size = 0;
  if (test.reset) boot();
}

size_t virtual_sent(uint8_t *bytes, size_t size) {
  const size_t taken = size < test.sent_size ? size : test.sent_size;
  memcpy(bytes, test.sent, taken);
  test.sent_size -= taken;
  memmove(test.sent, test.sent + taken, test.sent_size);
  return taken;
}

void virtual_room(size_t room) {
  test.room = room < LINE ? room : LINE;
}

void virtual_digital(uint8_t levels) {
  test.digital = levels;
}

void virtual_analogue(uint8_t input, int16_t value) {
  if (input < INPUTS_ANALOGUE) test.analogue[input] = value;
}

uint64_t virtual_now_us(void) {
  return test.now_us;
}

uint16_t virtual_output(void) {
  return test.output;
}

uint32_t virtual_changes(void) {
  return test.changes;
}

uint64_t virtual_change_us(uint32_t change) {
  return test.change_us[change % CHANGES];
}

uint16_t virtual_change_to(uint32_t change) {
  return test.change_to[change % CHANGES];
}
