/* What a compiler calls by itself, without a library. */
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memset(void *to, int value, size_t size);

void *memcpy(void *restrict to, const void *restrict from, size_t size) {
  uint8_t *target = to;
  const uint8_t *source = from;
  while (size-- > 0) *target++ = *source++;
  return to;
}

void *memset(void *to, int value, size_t size) {
  uint8_t *target = to;
  while (size-- > 0) *target++ = (uint8_t)value;
  return to;
}
