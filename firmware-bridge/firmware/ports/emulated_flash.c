#include "emulated_flash.h"

#include "../port.h"

enum { ERASED_AT_ONCE = 32 };

static struct {
  uint8_t *bytes;
  uint32_t bank_size;
  uint32_t steps_left;
  uint8_t running;
} flash = {.steps_left = UINT32_MAX};

void emulated_flash_use(uint8_t *bytes, uint32_t bank_size, uint8_t running) {
  flash.bytes = bytes;
  flash.bank_size = bank_size;
  flash.running = running;
}

void emulated_flash_cut_after(uint32_t steps) {
  flash.steps_left = steps;
}

/* False: the power has failed. */
static bool step(void) {
  if (flash.steps_left == UINT32_MAX) return true;
  if (flash.steps_left == 0) return false;
  flash.steps_left--;
  return true;
}

static bool is_last_step(void) {
  return flash.steps_left == 0;
}

uint8_t port_running_bank(void) {
  return flash.running;
}

uint32_t port_bank_size(void) {
  return flash.bank_size;
}

const uint8_t *port_bank(uint8_t bank) {
  return flash.bytes + (bank == 0 ? 0 : flash.bank_size);
}

static uint8_t *writable(uint8_t bank) {
  return flash.bytes + (bank == 0 ? 0 : flash.bank_size);
}

bool port_bank_erase(uint8_t bank) {
  if (bank == flash.running) return false;
  for (uint32_t at = 0; at < flash.bank_size; at += ERASED_AT_ONCE) {
    if (!step()) return false;
    for (uint32_t i = at; i < at + ERASED_AT_ONCE; i++) writable(bank)[i] |= is_last_step() ? 0xaa : 0xff;
  }
  return !is_last_step();
}

bool port_bank_write(uint8_t bank, uint32_t offset, const uint8_t *bytes, size_t size) {
  if (offset > flash.bank_size || size > flash.bank_size - offset) return false;
  for (size_t i = 0; i < size; i++) {
    if (!step()) return false;
    writable(bank)[offset + i] &= (uint8_t)(bytes[i] | (is_last_step() ? 0xaa : 0));
  }
  return !is_last_step();
}
