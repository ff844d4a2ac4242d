#ifndef AXOND_SIGNATURE_H
#define AXOND_SIGNATURE_H

#include <stdbool.h>
#include <stdint.h>

/* Ed25519, public; made by the Makefile from KEY. */
extern const uint8_t signature_key[32];

/* Whether `signature` is Ed25519 (RFC 8032) over the SHA-512 of the bytes: a hash, since the check wants its message in
 * memory that it can write. */
bool signature_is_right(const uint8_t signature[64], const uint8_t *bytes, uint32_t length);

#endif
