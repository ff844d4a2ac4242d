/*
 * The floor that `axond bench detect` holds the detector against: what cannot be left out of its features in a hop, in
 * C. Five samples of each channel at 100 Hz through the twelve resonators, then the logarithms of their powers. No
 * change of rate, no quantiles, no network.
 */
#include <math.h>
#include <stdint.h>
#include <time.h>

enum { BANDS = 12, SAMPLES = 5, MOST_CHANNELS = 16 };

static const double centres[BANDS] = {11.25, 12.25, 13.25, 14.25, 15.5, 13.25, 0.8, 2.5, 5.5, 8.75, 18.5, 22.5};
static const double widths[BANDS] = {1.3, 1.3, 1.3, 1.3, 1.3, 2.6, 0.5, 1.2, 1.6, 1.4, 2.2, 2.2};

static double one_re[MOST_CHANNELS][BANDS], one_im[MOST_CHANNELS][BANDS];
static double two_re[MOST_CHANNELS][BANDS], two_im[MOST_CHANNELS][BANDS];

static double now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

/* x [hop][channel][5]; us [hop]: microseconds of each. Returns a sum, so that nothing can be left out. */
double floor_hops(const double *x, int channels, int hops, double *us) {
  double gain[BANDS], re[BANDS], im[BANDS], check = 0;
  for (int b = 0; b < BANDS; b++) {
    double r = exp(-2 * M_PI * widths[b] / 100);
    gain[b] = 1 - r;
    re[b] = r * cos(2 * M_PI * centres[b] / 100);
    im[b] = r * sin(2 * M_PI * centres[b] / 100);
  }
  for (int hop = 0; hop < hops; hop++) {
    double start = now_us();
    for (int c = 0; c < channels; c++) {
      double sum[BANDS] = {0};
      for (int n = 0; n < SAMPLES; n++) {
        double y = x[(hop * channels + c) * SAMPLES + n];
        for (int b = 0; b < BANDS; b++) {
          double ar = gain[b] * y + re[b] * one_re[c][b] - im[b] * one_im[c][b];
          double ai = re[b] * one_im[c][b] + im[b] * one_re[c][b];
          double zr = gain[b] * ar + re[b] * two_re[c][b] - im[b] * two_im[c][b];
          double zi = gain[b] * ai + re[b] * two_im[c][b] + im[b] * two_re[c][b];
          one_re[c][b] = ar;
          one_im[c][b] = ai;
          two_re[c][b] = zr;
          two_im[c][b] = zi;
          sum[b] += zr * zr + zi * zi;
        }
      }
      for (int b = 0; b < BANDS; b++) check += log2(sum[b] / SAMPLES + 0.001);
    }
    us[hop] = now_us() - start;
  }
  return check;
}
