/*
 * A sound card without hardware, as a plug-in of ALSA: it plays two channels at its own, monotonic clock, underruns as a
 * card does, and writes down when it played what. For `npm run sound` and tests; needs the headers of libasound2-dev.
 *
 *   pcm_type.paced { lib "PATH.so" }
 *   pcm.paced { type paced log "PATH" ppm 0 }
 *
 * The log is a mapping of a file: one double, the number of records, and then 16 bytes a record: a double, microseconds
 * of CLOCK_MONOTONIC, and a double that says of what: 1, the first sample that is not zero sounds; 2, the last one has,
 * or is thrown away; 3, an underrun. To format a line takes microseconds: a report of the delay after a loud period would
 * then come later than one after a silent period, and tell the conditions of a study apart.
 */
#include <alsa/asoundlib.h>
#include <alsa/pcm_external.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <time.h>

typedef struct {
  snd_pcm_ioplug_t io;
  double *log;         /* mapped */
  double ppm;
  double start_us;     /* 0: not running */
  unsigned long long written; /* frames since prepare */
  int loud;            /* the newest frame was not silent */
  unsigned long quiet; /* silent frames since the last loud one */
} paced_t;

static double now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

enum { sounds = 1, over = 2, underrun = 3 };
enum { log_bytes = 2 << 20, most_records = log_bytes / 16 - 1 };

static void note(paced_t *p, int what, double us) {
  unsigned n = (unsigned)p->log[0];
  if (n >= most_records) return;
  p->log[2 + 2 * n] = us;
  p->log[3 + 2 * n] = what;
  p->log[0] = n + 1;
}

static double rate_of(paced_t *p) { return p->io.rate * (1 + p->ppm * 1e-6) / 1e6; }

static unsigned long long played(paced_t *p) {
  return p->start_us > 0 ? (unsigned long long)((now_us() - p->start_us) * rate_of(p)) : 0;
}

/* When frame `frame` (since prepare) sounds; before the start that is not known: counted from now. */
static double time_of(paced_t *p, unsigned long long frame) {
  return (p->start_us > 0 ? p->start_us : now_us()) + frame / rate_of(p);
}

static int paced_start(snd_pcm_ioplug_t *io) {
  paced_t *p = io->private_data;
  p->start_us = now_us();
  return 0;
}

static int paced_stop(snd_pcm_ioplug_t *io) {
  paced_t *p = io->private_data;
  if (p->start_us > 0 && p->loud) note(p, over, now_us());
  p->start_us = 0;
  p->loud = 0;
  return 0;
}

static int paced_prepare(snd_pcm_ioplug_t *io) {
  paced_t *p = io->private_data;
  p->start_us = 0;
  p->written = 0;
  p->loud = 0;
  return 0;
}

static snd_pcm_sframes_t paced_pointer(snd_pcm_ioplug_t *io) {
  paced_t *p = io->private_data;
  unsigned long long out = played(p);
  if (p->start_us > 0 && out > p->written) {
    note(p, underrun, now_us());
    return -EPIPE;
  }
  return (snd_pcm_sframes_t)(out % io->buffer_size);
}

static snd_pcm_sframes_t paced_transfer(snd_pcm_ioplug_t *io, const snd_pcm_channel_area_t *areas,
                                        snd_pcm_uframes_t offset, snd_pcm_uframes_t size) {
  paced_t *p = io->private_data;
  const char *base = (const char *)areas[0].addr + (areas[0].first + areas[0].step * offset) / 8;
  unsigned bytes = areas[0].step / 8;
  for (snd_pcm_uframes_t i = 0; i < size; i++, p->written++) {
    int loud = 0;
    for (unsigned b = 0; b < bytes; b++) loud |= base[i * bytes + b];
    if (loud && !p->loud) note(p, sounds, time_of(p, p->written));
    if (loud) p->loud = 1, p->quiet = 0;
    else if (p->loud && ++p->quiet >= 48) {
      note(p, over, time_of(p, p->written - p->quiet + 1));
      p->loud = 0;
    }
  }
  return size;
}

static int paced_close(snd_pcm_ioplug_t *io) {
  paced_t *p = io->private_data;
  close(io->poll_fd);
  munmap(p->log, log_bytes);
  free(p);
  return 0;
}

static const snd_pcm_ioplug_callback_t callbacks = {
  .start = paced_start,
  .stop = paced_stop,
  .prepare = paced_prepare,
  .pointer = paced_pointer,
  .transfer = paced_transfer,
  .close = paced_close,
};

SND_PCM_PLUGIN_DEFINE_FUNC(paced) {
  snd_config_iterator_t i, next;
  const char *path = NULL;
  long ppm = 0;
  snd_config_for_each(i, next, conf) {
    snd_config_t *n = snd_config_iterator_entry(i);
    const char *id;
    if (snd_config_get_id(n, &id) < 0) continue;
    if (strcmp(id, "log") == 0) snd_config_get_string(n, &path);
    else if (strcmp(id, "ppm") == 0) snd_config_get_integer(n, &ppm);
  }
  if (path == NULL || stream != SND_PCM_STREAM_PLAYBACK) return -EINVAL;
  paced_t *p = calloc(1, sizeof *p);
  if (p == NULL) return -ENOMEM;
  int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file >= 0 && ftruncate(file, log_bytes) == 0)
    p->log = mmap(NULL, log_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, file, 0);
  int failed = p->log == NULL || p->log == MAP_FAILED ? errno : 0;
  if (file >= 0) close(file);
  if (failed) {
    free(p);
    return -failed;
  }
  p->ppm = (double)ppm;
  p->io.version = SND_PCM_IOPLUG_VERSION;
  p->io.name = "paced card";
  p->io.callback = &callbacks;
  p->io.private_data = p;
  p->io.poll_fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
  p->io.poll_events = POLLIN;
  int err = snd_pcm_ioplug_create(&p->io, name, stream, mode);
  static const unsigned access[] = {SND_PCM_ACCESS_RW_INTERLEAVED};
  static const unsigned formats[] = {SND_PCM_FORMAT_S16_LE, SND_PCM_FORMAT_S32_LE};
  if (err >= 0) err = snd_pcm_ioplug_set_param_list(&p->io, SND_PCM_IOPLUG_HW_ACCESS, 1, access);
  if (err >= 0) err = snd_pcm_ioplug_set_param_list(&p->io, SND_PCM_IOPLUG_HW_FORMAT, 2, formats);
  if (err >= 0) err = snd_pcm_ioplug_set_param_minmax(&p->io, SND_PCM_IOPLUG_HW_CHANNELS, 2, 2);
  if (err >= 0) err = snd_pcm_ioplug_set_param_minmax(&p->io, SND_PCM_IOPLUG_HW_RATE, 44100, 48000);
  if (err >= 0) err = snd_pcm_ioplug_set_param_minmax(&p->io, SND_PCM_IOPLUG_HW_PERIOD_BYTES, 128, 65536);
  if (err >= 0) err = snd_pcm_ioplug_set_param_minmax(&p->io, SND_PCM_IOPLUG_HW_BUFFER_BYTES, 256, 131072);
  if (err >= 0) err = snd_pcm_ioplug_set_param_minmax(&p->io, SND_PCM_IOPLUG_HW_PERIODS, 2, 16);
  if (err < 0) return err;
  *pcmp = p->io.pcm;
  return 0;
}
SND_PCM_PLUGIN_SYMBOL(paced);
