/*
 * What runs before `main`, in the boot loader and in an image alike: the table of vectors, and memory as C wants it. An
 * exception that nobody handles, a fault or the watchdog's, brings rest and starts anew.
 */
#include "board.h"

extern uint32_t link_stack_top[];
extern uint32_t link_data_from[];
extern uint32_t link_data[];
extern uint32_t link_data_end[];
extern uint32_t link_zeroed[];
extern uint32_t link_zeroed_end[];

int main(void);

_Noreturn void startup(void);
_Noreturn void fault(void);

void startup(void) {
  board_output(0);
  const uint32_t *from = link_data_from;
  for (uint32_t *to = link_data; to < link_data_end; to++) *to = *from++;
  for (uint32_t *to = link_zeroed; to < link_zeroed_end; to++) *to = 0;
  main();
  fault();
}

void fault(void) {
  board_output(0);
  board_reset();
}

#define UNLESS_DEFINED __attribute__((weak, alias("fault")))
void tick_interrupt(void) UNLESS_DEFINED;
void line_receive_interrupt(void) UNLESS_DEFINED;
void line_transmit_interrupt(void) UNLESS_DEFINED;
void inputs_receive_interrupt(void) UNLESS_DEFINED;

/* Exceptions 2 to 15, then the board's 32 interrupts. */
struct vectors {
  uint32_t *stack_top;
  void (*reset)(void);
  void (*exceptions[13])(void);
  void (*tick)(void);
  void (*interrupts[32])(void);
};

#define FAULT_4 fault, fault, fault, fault
__attribute__((section(".vectors"), used)) static const struct vectors vectors = {
    link_stack_top,
    startup,
    {FAULT_4, FAULT_4, FAULT_4, fault},
    tick_interrupt,
    {line_receive_interrupt, line_transmit_interrupt, inputs_receive_interrupt, fault, FAULT_4, FAULT_4, FAULT_4, FAULT_4,
     FAULT_4, FAULT_4, FAULT_4},
};
