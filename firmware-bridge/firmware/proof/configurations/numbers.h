/* Sessions, their beats and pulses in any order of numbers; the shortest times. */
#define INTERLOCK_RATE 3u
#define INTERLOCK_MINUTE 3u
#define INTERLOCK_FAR 6
#define INTERLOCK_LATE 1
#define INTERLOCK_EARLIEST 2
#define COMPILED \
  { .beat = 2, .duration = 2, .charge = 2, .interval = 1, .amplitude = 1, .rate = 3, .duty = 1000 }
#define ASKED \
  { { .beat = 9, .duration = 9, .charge = 9, .interval = 0, .amplitude = 9, .rate = 9, .duty = 9999 } }
#define SESSIONS { 0, 1, 2 }
#define PULSES { 0, 1, 2, UINT8_MAX }
#define BEATS { 0, 1, 2, UINT8_MAX }
#define TICKS { 1, 2, UINT32_MAX }
#define WAITS { INT32_MIN, 0, 1, 2 }
#define EXPIRES { 1, 3 }
#define DURATIONS { 1, 2, UINT32_MAX }
#define AMPLITUDES { 1, 2 }
#define SHAMS { false, true }
