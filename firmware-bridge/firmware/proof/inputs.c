#include "inputs.h"

#include <inttypes.h>
#include <stdio.h>

struct finding input_apply(struct observer *seen, const struct input *input) {
  switch (input->call) {
    case BOOT: return observer_boot(seen);
    case OPEN: return observer_open(seen, input->session, &input->asked);
    case CLOSE: return observer_close(seen);
    case REST: return observer_rest(seen);
    case BEAT: return observer_beat(seen, input->session, input->sequence);
    case ADVANCE: return observer_advance(seen, input->ticks);
    case PULSE: return observer_judge(seen, &input->pulse, input->against);
  }
  return (struct finding){.what = "there is no such input", .harm = true};
}

void input_tell(const struct input *input) {
  const struct interlock_pulse *pulse = &input->pulse;
  const struct interlock_limits *asked = &input->asked;
  switch (input->call) {
    case BOOT: printf("  boot"); break;
    case OPEN:
      printf("  open session=%" PRIu32 " beat=%" PRIu32 " duration=%" PRIu32 " charge=%" PRIu32 " interval=%" PRIu32
             " amplitude=%u rate=%u duty=%u",
             input->session, asked->beat, asked->duration, asked->charge, asked->interval, asked->amplitude, asked->rate,
             asked->duty);
      break;
    case CLOSE: printf("  close"); break;
    case REST: printf("  rest"); break;
    case BEAT: printf("  beat session=%" PRIu32 " number=%" PRIu32, input->session, input->sequence); break;
    case ADVANCE: printf("  %" PRIu32 " ticks pass", input->ticks); break;
    case PULSE:
      printf("  pulse session=%" PRIu32 " number=%" PRIu32 " wait=%" PRId32 " expires=%" PRId32 " duration=%" PRIu32
             " amplitude=%u%s%s",
             pulse->session, pulse->sequence, pulse->wait, pulse->expires, pulse->duration, pulse->amplitude,
             pulse->sham ? " sham" : "", input->against != 0 ? ", while something else speaks against it" : "");
      break;
  }
  printf("\n");
}
