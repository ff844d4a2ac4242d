/* What may come to an interlock: calls and their arguments. */
#ifndef AXOND_INPUTS_H
#define AXOND_INPUTS_H

#include "observer.h"

enum call { BOOT, OPEN, CLOSE, REST, BEAT, ADVANCE, PULSE };

struct input {
  enum call call;
  uint32_t ticks;
  uint32_t session;  /* of an opening or a beat */
  uint32_t sequence; /* of a beat */
  struct interlock_limits asked;
  struct interlock_pulse pulse;
  uint32_t against;
};

struct finding input_apply(struct observer *seen, const struct input *input);

/* Prints it, in one line. */
void input_tell(const struct input *input);

#endif
