/* Long times and three starts a minute; only values and numbers that are good. */
#define INTERLOCK_RATE 3u
#define INTERLOCK_MINUTE 16u
#define INTERLOCK_FAR 40
#define INTERLOCK_LATE 2
#define INTERLOCK_EARLIEST 3
#define COMPILED \
  { .beat = 4, .duration = 3, .charge = 6, .interval = 5, .amplitude = 2, .rate = 3, .duty = 500 }
#define ASKED \
  { { .beat = 9, .duration = 9, .charge = 9, .interval = 0, .amplitude = 9, .rate = 9, .duty = 999 } }
#define SESSIONS { 1 }
#define PULSES { 1, 2 }
#define BEATS { 1, 2 }
#define TICKS { 1, 2, 3, 4, 5, 6, 15, 16, 41, UINT32_MAX }
#define WAITS { 0, 1, 3 }
#define EXPIRES { 2, 3, 5 }
#define DURATIONS { 1, 2, 3 }
#define AMPLITUDES { 2 }
#define SHAMS { false, true }
