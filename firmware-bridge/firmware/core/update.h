/*
 * A new image over the bridge, into the bank that is not running. The bridge asks whether there is a session and whether
 * all is at rest, and refuses pulses (REASON_UPDATING) while `update_is_active`. Results are UPDATE_... of
 * generated/messages.h.
 */
#ifndef AXOND_UPDATE_H
#define AXOND_UPDATE_H

#include <stdbool.h>
#include <stdint.h>

struct update {
  uint32_t version;
  uint32_t length; /* of the image; 0: no update is under way */
  uint32_t offset; /* of the next byte wanted */
};

/* Of the image that runs; 0: it has no header, as a program that no boot loader has started. */
uint32_t update_running_version(void);

/* Erases the other bank. The version must be above the one that runs, which must be confirmed. */
uint8_t update_begin(struct update *update, uint32_t version, uint32_t length);

/* In order, and full (128 bytes) but for the last. One that is out of order ends nothing: `offset` says which is wanted. */
uint8_t update_chunk(struct update *update, uint32_t offset, const uint8_t *bytes, uint8_t count);

/* The image is what was announced, whole, and signed by the key that was compiled in: it starts at the next reset, on
 * trial. Whatever the result, the update is over. Takes as long as the check of a signature. */
uint8_t update_end(struct update *update, const uint8_t signature[64]);

/* At the end of the session, too. */
void update_abandon(struct update *update);

bool update_is_active(const struct update *update);

/* The image that runs stays. */
uint8_t update_confirm(void);

#endif
