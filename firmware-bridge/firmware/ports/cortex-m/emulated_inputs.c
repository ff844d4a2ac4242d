#include "emulated_inputs.h"

#include "../../core/inputs.h"
#include "../../port.h"
#include "uart.h"

/* Numbers of a line, as they come; a line has a word, and one or two of them. */
static struct {
  uint8_t word; /* its first letter */
  uint8_t count;
  bool negative;
  bool in_number;
  int32_t numbers[2];
} line;

static volatile uint8_t digital;
static volatile int16_t analogue[INPUTS_ANALOGUE];

static void tell_time(void) {
  char text[24];
  uint32_t at = sizeof text;
  text[--at] = '\n';
  uint64_t left = port_now_us();
  do {
    text[--at] = (char)('0' + left % 10);
    left /= 10;
  } while (left > 0);
  while (at < sizeof text) uart_write_inputs((uint8_t)text[at++]);
}

static void obey(void) {
  if (line.word == 't') tell_time();
  if (line.word == 'd' && line.count == 1) digital = (uint8_t)line.numbers[0];
  if (line.word == 'a' && line.count == 2 && line.numbers[0] >= 0 && line.numbers[0] < INPUTS_ANALOGUE)
    analogue[line.numbers[0]] = (int16_t)(line.negative ? -line.numbers[1] : line.numbers[1]);
}

static void take(uint8_t byte) {
  if (byte >= '0' && byte <= '9') {
    if (!line.in_number) line.count++;
    line.in_number = true;
    if (line.count == 0 || line.count > 2) return;
    int32_t *number = &line.numbers[line.count - 1];
    if (*number < 100000) *number = *number * 10 + (byte - '0');
    return;
  }
  line.in_number = false;
  if (byte == '-') line.negative = true;
  else if (line.word == 0) line.word = byte;
}

void emulated_inputs_poll(void) {
  for (int byte = uart_read_inputs(); byte >= 0; byte = uart_read_inputs()) {
    if (byte != '\n') {
      take((uint8_t)byte);
      continue;
    }
    obey();
    line.word = 0;
    line.count = 0;
    line.negative = false;
    line.in_number = false;
    line.numbers[0] = 0;
    line.numbers[1] = 0;
  }
}

uint8_t port_digital(void) {
  return digital;
}

int16_t port_analogue(uint8_t input) {
  return analogue[input];
}
