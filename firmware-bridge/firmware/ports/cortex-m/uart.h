/* The board's two serial lines (CMSDK APB UART): the bridge's own, and one on which text sets the inputs. */
#ifndef AXOND_UART_H
#define AXOND_UART_H

#include <stdint.h>

void uart_start(void);

/* Waits until all that was queued has left, or would take longer than its own time on the line. */
void uart_finish(void);

/* Of the line of inputs: a byte that has arrived, or -1. */
int uart_read_inputs(void);

/* Waits until there is room. */
void uart_write_inputs(uint8_t byte);

#endif
