/* Good and bad values of each field with each other, in sessions with looser, tighter and no limits; short times. */
#define INTERLOCK_RATE 2u
#define INTERLOCK_MINUTE 5u
#define INTERLOCK_FAR 9
#define INTERLOCK_LATE 1
#define INTERLOCK_EARLIEST 2
#define COMPILED \
  { .beat = 3, .duration = 3, .charge = 4, .interval = 2, .amplitude = 2, .rate = 2, .duty = 750 }
#define ASKED \
  { \
    { .beat = 9, .duration = 9, .charge = 9, .interval = 0, .amplitude = 9, .rate = 9, .duty = 999 }, \
    { .beat = 2, .duration = 2, .charge = 2, .interval = 3, .amplitude = 1, .rate = 1, .duty = 250 }, \
    { .beat = 3, .duration = 3, .charge = 4, .interval = 2, .amplitude = 2, .rate = 0, .duty = 0 }, \
    { .beat = 0, .duration = 0, .charge = 0, .interval = 8, .amplitude = 0, .rate = 2, .duty = 750 }, \
  }
#define OBSERVER_HORIZON 8u
#define SESSIONS { 1 }
#define PULSES { 1, 2 }
#define BEATS { 1, 2 }
#define TICKS { 1, 2, 3, 10, UINT32_MAX }
#define WAITS { -2, -1, 0, 1, 2, 3 }
#define EXPIRES { -1, 0, 1, 9 }
#define DURATIONS { 0, 1, 2, 3, 4 }
#define AMPLITUDES { 0, 1, 2, 3 }
#define SHAMS { false }
