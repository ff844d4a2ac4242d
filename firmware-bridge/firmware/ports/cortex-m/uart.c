#include "uart.h"

#include "../../port.h"
#include "board.h"

#define LINE 0x40004000u
#define INPUTS 0x40005000u
#define DATA(uart) REGISTER((uart) + 0x00u)
#define STATE(uart) REGISTER((uart) + 0x04u)
#define CONTROL(uart) REGISTER((uart) + 0x08u)
#define INTERRUPTS(uart) REGISTER((uart) + 0x0cu)
#define DIVISOR(uart) REGISTER((uart) + 0x10u)

enum {
  STATE_TRANSMITS = 1,
  STATE_RECEIVED = 2,
  CONTROL_TRANSMIT = 1,
  CONTROL_RECEIVE = 2,
  CONTROL_TRANSMIT_INTERRUPT = 4,
  CONTROL_RECEIVE_INTERRUPT = 8,
  TRANSMITTED = 1,
  RECEIVED = 2,
  BAUD = 1000000,
  RING = 2048, /* a power of two: indices run on, and wrap */
};

/* One side writes `head`, the other one `tail`. */
struct ring {
  volatile uint32_t head;
  volatile uint32_t tail;
  volatile uint8_t bytes[RING];
};

static struct ring received;
static struct ring unsent;
static struct ring inputs;

static uint32_t room(const struct ring *ring) {
  return RING - (ring->head - ring->tail);
}

static void put(struct ring *ring, uint8_t byte) {
  ring->bytes[ring->head % RING] = byte;
  ring->head++;
}

static uint8_t take(struct ring *ring) {
  uint8_t byte = ring->bytes[ring->tail % RING];
  ring->tail++;
  return byte;
}

static void start(uint32_t uart, uint32_t control) {
  DIVISOR(uart) = CLOCK_HZ / BAUD;
  CONTROL(uart) = control;
}

void uart_start(void) {
  start(LINE, CONTROL_TRANSMIT | CONTROL_RECEIVE | CONTROL_TRANSMIT_INTERRUPT | CONTROL_RECEIVE_INTERRUPT);
  start(INPUTS, CONTROL_TRANSMIT | CONTROL_RECEIVE | CONTROL_RECEIVE_INTERRUPT);
  INTERRUPT_ENABLE = 7; /* as startup.c has them */
}

void line_receive_interrupt(void);
void line_transmit_interrupt(void);
void inputs_receive_interrupt(void);

/* What there is no room for is lost; its frame is then damaged, and counted as such. */
static void receive(uint32_t uart, struct ring *ring) {
  INTERRUPTS(uart) = RECEIVED;
  while (STATE(uart) & STATE_RECEIVED) {
    uint8_t byte = (uint8_t)DATA(uart);
    if (room(ring) > 0) put(ring, byte);
  }
}

static void send(void) {
  while (unsent.head != unsent.tail && !(STATE(LINE) & STATE_TRANSMITS)) DATA(LINE) = take(&unsent);
}

void line_receive_interrupt(void) {
  receive(LINE, &received);
}

void line_transmit_interrupt(void) {
  INTERRUPTS(LINE) = TRANSMITTED;
  send();
}

void inputs_receive_interrupt(void) {
  receive(INPUTS, &inputs);
}

size_t port_read(uint8_t *bytes, size_t size) {
  size_t count = 0;
  while (count < size && received.head != received.tail) bytes[count++] = take(&received);
  return count;
}

bool port_write(const uint8_t *bytes, size_t size) {
  if (size > room(&unsent)) return false;
  for (size_t i = 0; i < size; i++) put(&unsent, bytes[i]);
  port_lock(); /* `send` belongs to the interrupt, which comes only after a byte has gone */
  send();
  port_unlock();
  return true;
}

void uart_finish(void) {
  const uint64_t byte_us = 10u * 1000000u / BAUD;
  uint64_t until_us = port_now_us() + RING * byte_us;
  while (unsent.head != unsent.tail && port_now_us() < until_us) continue;
  until_us = port_now_us() + 2 * byte_us; /* the two that the hardware still holds */
  while (port_now_us() < until_us) continue;
}

int uart_read_inputs(void) {
  return inputs.head == inputs.tail ? -1 : take(&inputs);
}

void uart_write_inputs(uint8_t byte) {
  while (STATE(INPUTS) & STATE_TRANSMITS) continue;
  DATA(INPUTS) = byte;
}
