/*
 * What stands in a bank of flash, and which bank a boot loader starts. An image is a header of BANK_HEADER bytes (each
 * field u32, little-endian: magic, CRC-32 of all that follows it, version, length of the whole image, the bank that it is
 * linked for) and the program. The last bytes of a bank are its marks, each written once.
 */
#ifndef AXOND_BANK_H
#define AXOND_BANK_H

#include <stdbool.h>
#include <stdint.h>

enum {
  BANK_HEADER = 20,
  BANK_MARK = 32,             /* bytes a mark takes, so that flash which writes whole rows can write it by itself */
  BANK_MARKS = 3 * BANK_MARK, /* signed, tried, confirmed: from the end of the bank */
  BANK_NONE = 0xff,
};

#define BANK_MAGIC 0x444e5841u /* "AXND" */

struct bank_header {
  uint32_t version;
  uint32_t length;
};

/* False: no header of an image that fits and is linked for this bank. */
bool bank_header(uint8_t bank, struct bank_header *header);

/* A header, and the CRC is right. */
bool bank_is_whole(uint8_t bank);

/* Started, and not confirmed. */
bool bank_is_on_trial(uint8_t bank);

/* Each false where the flash did not take it. What is half written counts as signed and confirmed never, as tried always:
 * a cut of the power can only take a trial away. */
bool bank_mark_signed(uint8_t bank);
bool bank_mark_tried(uint8_t bank);
bool bank_mark_confirmed(uint8_t bank);

/*
 * For a boot loader: the newest bank that is whole, signed, and either confirmed or never tried; BANK_NONE if there is none.
 * One that is not confirmed is marked as tried, so that the next boot goes back to the other bank, whatever ends this one.
 */
uint8_t bank_choose(void);

#endif
