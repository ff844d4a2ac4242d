#include "bank.h"

#include "../port.h"
#include "frame.h"

enum { AT_MAGIC = 0, AT_CRC = 4, AT_VERSION = 8, AT_LENGTH = 12, AT_BANK = 16 };

/* Marks, from the end of the bank. */
enum { MARK_CONFIRMED = 1, MARK_TRIED = 2, MARK_SIGNED = 3 };

/* Neither erased flash nor flash that is all written. */
#define MARKED 0x3cu

static uint32_t u32_at(const uint8_t *bytes) {
  return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

bool bank_header(uint8_t bank, struct bank_header *header) {
  const uint8_t *bytes = port_bank(bank);
  header->version = u32_at(bytes + AT_VERSION);
  header->length = u32_at(bytes + AT_LENGTH);
  if (header->length <= BANK_HEADER || header->length > port_bank_size() - BANK_MARKS) return false;
  return u32_at(bytes + AT_MAGIC) == BANK_MAGIC && u32_at(bytes + AT_BANK) == bank;
}

bool bank_is_whole(uint8_t bank) {
  struct bank_header header;
  if (!bank_header(bank, &header)) return false;
  const uint8_t *bytes = port_bank(bank);
  return u32_at(bytes + AT_CRC) == frame_crc32(bytes + AT_VERSION, header.length - AT_VERSION);
}

static uint32_t mark_offset(uint32_t mark) {
  return port_bank_size() - mark * BANK_MARK;
}

/* How many bytes of a mark have this value. */
static uint32_t mark_count(uint8_t bank, uint32_t mark, uint8_t value) {
  const uint8_t *bytes = port_bank(bank) + mark_offset(mark);
  uint32_t count = 0;
  for (uint32_t i = 0; i < BANK_MARK; i++) count += bytes[i] == value ? 1u : 0u;
  return count;
}

static bool has_mark(uint8_t bank, uint32_t mark) {
  return mark_count(bank, mark, MARKED) == BANK_MARK;
}

static bool was_tried(uint8_t bank) {
  return mark_count(bank, MARK_TRIED, 0xff) < BANK_MARK;
}

static bool write_mark(uint8_t bank, uint32_t mark) {
  uint8_t bytes[BANK_MARK];
  for (uint32_t i = 0; i < BANK_MARK; i++) bytes[i] = MARKED;
  return port_bank_write(bank, mark_offset(mark), bytes, BANK_MARK) && has_mark(bank, mark);
}

bool bank_mark_signed(uint8_t bank) {
  return write_mark(bank, MARK_SIGNED);
}

bool bank_mark_tried(uint8_t bank) {
  return write_mark(bank, MARK_TRIED);
}

bool bank_mark_confirmed(uint8_t bank) {
  return write_mark(bank, MARK_CONFIRMED);
}

bool bank_is_on_trial(uint8_t bank) {
  return was_tried(bank) && !has_mark(bank, MARK_CONFIRMED);
}

uint8_t bank_choose(void) {
  uint8_t kept = BANK_NONE;
  uint8_t trial = BANK_NONE;
  uint32_t kept_version = 0;
  uint32_t trial_version = 0;
  for (uint8_t bank = 0; bank < 2; bank++) {
    struct bank_header header;
    if (!bank_header(bank, &header) || !has_mark(bank, MARK_SIGNED) || !bank_is_whole(bank)) continue;
    if (has_mark(bank, MARK_CONFIRMED)) {
      if (kept == BANK_NONE || header.version > kept_version) {
        kept = bank;
        kept_version = header.version;
      }
    } else if (!was_tried(bank) && (trial == BANK_NONE || header.version > trial_version)) {
      trial = bank;
      trial_version = header.version;
    }
  }
  if (trial == BANK_NONE || (kept != BANK_NONE && trial_version <= kept_version)) return kept;
  return bank_mark_tried(trial) ? trial : kept;
}
