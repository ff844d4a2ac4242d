#include "update.h"

#include "../generated/messages.h"
#include "../port.h"
#include "bank.h"
#include "signature.h"

enum { CHUNK = 128 };

static uint8_t other_bank(void) {
  return port_running_bank() == 0 ? 1 : 0;
}

uint32_t update_running_version(void) {
  struct bank_header header;
  return bank_header(port_running_bank(), &header) ? header.version : 0;
}

uint8_t update_begin(struct update *update, uint32_t version, uint32_t length) {
  update_abandon(update);
  if (bank_is_on_trial(port_running_bank())) return UPDATE_ON_TRIAL;
  if (version <= update_running_version()) return UPDATE_OLDER;
  if (length > port_bank_size() - BANK_MARKS) return UPDATE_TOO_LARGE;
  if (length <= BANK_HEADER) return UPDATE_DAMAGED;
  if (!port_bank_erase(other_bank())) return UPDATE_FLASH;
  update->version = version;
  update->length = length;
  return UPDATE_TAKEN;
}

uint8_t update_chunk(struct update *update, uint32_t offset, const uint8_t *bytes, uint8_t count) {
  if (!update_is_active(update)) return UPDATE_NO_UPDATE;
  if (offset != update->offset || offset == update->length) return UPDATE_OUT_OF_ORDER;
  uint32_t left = update->length - offset;
  if (count != (left < CHUNK ? left : CHUNK)) return UPDATE_OUT_OF_ORDER;
  if (!port_bank_write(other_bank(), offset, bytes, count)) {
    update_abandon(update);
    return UPDATE_FLASH;
  }
  update->offset += count;
  return UPDATE_TAKEN;
}

uint8_t update_end(struct update *update, const uint8_t signature[64]) {
  if (!update_is_active(update)) return UPDATE_NO_UPDATE;
  struct update told = *update;
  update_abandon(update);
  if (told.offset != told.length) return UPDATE_OUT_OF_ORDER;
  uint8_t bank = other_bank();
  struct bank_header header;
  if (!bank_header(bank, &header) || header.length != told.length || header.version != told.version ||
      !bank_is_whole(bank))
    return UPDATE_DAMAGED;
  if (!signature_is_right(signature, port_bank(bank), header.length)) return UPDATE_SIGNATURE;
  return bank_mark_signed(bank) ? UPDATE_TAKEN : UPDATE_FLASH;
}

void update_abandon(struct update *update) {
  update->version = 0;
  update->length = 0;
  update->offset = 0;
}

bool update_is_active(const struct update *update) {
  return update->length > 0;
}

uint8_t update_confirm(void) {
  uint8_t bank = port_running_bank();
  if (!bank_is_on_trial(bank)) return UPDATE_TAKEN;
  return bank_mark_confirmed(bank) ? UPDATE_TAKEN : UPDATE_FLASH;
}
