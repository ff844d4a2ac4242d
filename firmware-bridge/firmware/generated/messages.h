/*
 * Made by protocol/generate.ts from protocol/description.ts: change that, then `npm run generate:bridge`.
 */
#ifndef AXOND_MESSAGES_H
#define AXOND_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROTOCOL_VERSION 1u

/* Of code and fields of the longest message. */
#define MESSAGE_LONGEST 138u

/* The first byte of each message. */
#define MESSAGE_HELLO 0x01u
#define MESSAGE_OPEN 0x02u
#define MESSAGE_BEAT 0x03u
#define MESSAGE_PULSE 0x04u
#define MESSAGE_REST 0x05u
#define MESSAGE_SYNC 0x06u
#define MESSAGE_ASK 0x07u
#define MESSAGE_UPDATE_BEGIN 0x08u
#define MESSAGE_UPDATE_CHUNK 0x09u
#define MESSAGE_UPDATE_END 0x0au
#define MESSAGE_RESET 0x0bu
#define MESSAGE_CONFIRM 0x0cu
#define MESSAGE_WELCOME 0x81u
#define MESSAGE_VERDICT 0x82u
#define MESSAGE_EDGE 0x83u
#define MESSAGE_STATE 0x84u
#define MESSAGE_INPUT 0x85u
#define MESSAGE_SYNCED 0x86u
#define MESSAGE_SAMPLES 0x87u
#define MESSAGE_UPDATED 0x88u

/* Of code and fields. */
#define MESSAGE_HELLO_SIZE 7u
#define MESSAGE_OPEN_SIZE 32u
#define MESSAGE_BEAT_SIZE 9u
#define MESSAGE_PULSE_SIZE 32u
#define MESSAGE_REST_SIZE 1u
#define MESSAGE_SYNC_SIZE 9u
#define MESSAGE_ASK_SIZE 1u
#define MESSAGE_UPDATE_BEGIN_SIZE 13u
#define MESSAGE_UPDATE_CHUNK_SIZE 138u
#define MESSAGE_UPDATE_END_SIZE 69u
#define MESSAGE_RESET_SIZE 5u
#define MESSAGE_CONFIRM_SIZE 5u
#define MESSAGE_WELCOME_SIZE 53u
#define MESSAGE_VERDICT_SIZE 25u
#define MESSAGE_EDGE_SIZE 16u
#define MESSAGE_STATE_SIZE 87u
#define MESSAGE_INPUT_SIZE 11u
#define MESSAGE_SYNCED_SIZE 21u
#define MESSAGE_SAMPLES_SIZE 50u
#define MESSAGE_UPDATED_SIZE 7u

/* Bits of `reasons`. */
#define REASON_NO_SESSION (UINT32_C(1) << 0)
#define REASON_NO_BEAT (UINT32_C(1) << 1)
#define REASON_REPLAYED (UINT32_C(1) << 2)
#define REASON_EXPIRED (UINT32_C(1) << 3)
#define REASON_LATE (UINT32_C(1) << 4)
#define REASON_EARLY (UINT32_C(1) << 5)
#define REASON_AMPLITUDE (UINT32_C(1) << 6)
#define REASON_DURATION (UINT32_C(1) << 7)
#define REASON_CHARGE (UINT32_C(1) << 8)
#define REASON_INTERVAL (UINT32_C(1) << 9)
#define REASON_RATE (UINT32_C(1) << 10)
#define REASON_DUTY (UINT32_C(1) << 11)
#define REASON_BUSY (UINT32_C(1) << 12)
#define REASON_UPDATING (UINT32_C(1) << 13)

/* Of `edge`. */
#define CAUSE_START 0u
#define CAUSE_DURATION 1u
#define CAUSE_REST 2u
#define CAUSE_BEAT 3u
#define CAUSE_SESSION 4u
#define CAUSE_RESET 5u
#define CAUSE_LATE 6u

/* Of `state`. */
#define PHASE_SILENT 0u
#define PHASE_OPEN 1u
#define PHASE_LOST 2u

/* Of `updated`. */
#define UPDATE_TAKEN 0u
#define UPDATE_NO_SESSION 1u
#define UPDATE_NOT_AT_REST 2u
#define UPDATE_TOO_LARGE 3u
#define UPDATE_OUT_OF_ORDER 4u
#define UPDATE_OLDER 5u
#define UPDATE_DAMAGED 6u
#define UPDATE_SIGNATURE 7u
#define UPDATE_FLASH 8u
#define UPDATE_NO_UPDATE 9u
#define UPDATE_ON_TRIAL 10u

/* Ends whatever session there is, at rest; asks who is there. */
struct message_hello {
  uint16_t protocol;
  uint32_t nonce;
};

/* Opens the session that `welcome` offered, with these limits or tighter ones; answered by `state`. */
struct message_open {
  uint32_t session;
  uint32_t beat_timeout_us;
  uint16_t amplitude_limit;
  uint32_t duration_limit_us;
  uint32_t charge_limit;
  uint32_t interval_limit_us;
  uint16_t per_minute_limit;
  uint16_t duty_limit;
  uint32_t sample_period_us;
  uint8_t analogue_inputs;
};

/* The host lives. */
struct message_beat {
  uint32_t session;
  uint32_t sequence;
};

/* One pulse; answered by `verdict` at once and by an `edge` at its start and at its end. */
struct message_pulse {
  uint32_t session;
  uint32_t sequence;
  uint64_t at_us;
  uint64_t expires_us;
  uint32_t duration_us;
  uint16_t amplitude;
  uint8_t sham;
};

/* What time is it. */
struct message_sync {
  uint32_t session;
  uint32_t sequence;
};

/* An image for the bank that is not running; at rest only; each step is answered by `updated`. */
struct message_update_begin {
  uint32_t session;
  uint32_t version;
  uint32_t length;
};

/* The next bytes of the image, in order. */
struct message_update_chunk {
  uint32_t session;
  uint32_t offset;
  uint8_t count;
  uint8_t bytes[128];
};

/* The signature of the image: if it is right, the other bank starts at the next reset, on trial. */
struct message_update_end {
  uint32_t session;
  uint8_t signature[64];
};

/* Start anew, at rest. */
struct message_reset {
  uint32_t session;
};

/* An image on trial has proved itself: without it the next reset goes back to the other bank. */
struct message_confirm {
  uint32_t session;
};

/* Answer to `hello`; `session` is 0 where the versions of the protocol differ. */
struct message_welcome {
  uint16_t protocol;
  uint32_t nonce;
  uint32_t session;
  uint32_t firmware;
  uint32_t boot;
  uint8_t bank;
  uint8_t trial;
  uint64_t now_us;
  uint16_t tick_us;
  uint32_t beat_timeout_us;
  uint16_t amplitude_limit;
  uint32_t duration_limit_us;
  uint32_t charge_limit;
  uint32_t interval_limit_us;
  uint16_t per_minute_limit;
  uint16_t duty_limit;
};

/* On a pulse: accepted if there is no reason against it, else all reasons (`reasons`). */
struct message_verdict {
  uint32_t sequence;
  uint32_t reasons;
  uint64_t start_us;
  uint64_t now_us;
};

/* The output has changed, or would have in a sham; `amplitude` is 0 at the end (`causes`). */
struct message_edge {
  uint32_t sequence;
  uint64_t at_us;
  uint16_t amplitude;
  uint8_t cause;
};

/* Everything. */
struct message_state {
  uint32_t session;
  uint8_t phase;
  uint64_t now_us;
  uint32_t beat;
  uint64_t beat_us;
  uint32_t pulse;
  uint16_t amplitude;
  uint8_t waiting;
  uint32_t reasons;
  uint32_t beat_timeout_us;
  uint16_t amplitude_limit;
  uint32_t duration_limit_us;
  uint32_t charge_limit;
  uint32_t interval_limit_us;
  uint16_t per_minute_limit;
  uint16_t duty_limit;
  uint32_t accepted;
  uint32_t refused;
  uint32_t good_frames;
  uint32_t damaged_frames;
  uint32_t stray_frames;
  uint32_t unsent_bytes;
  uint32_t beat_losses;
};

/* Digital inputs have changed; a bit an input. */
struct message_input {
  uint64_t at_us;
  uint8_t levels;
  uint8_t changed;
};

/* Answer to `sync`. */
struct message_synced {
  uint32_t sequence;
  uint64_t received_us;
  uint64_t sent_us;
};

/* Sixteen samples of one analogue input. */
struct message_samples {
  uint32_t counter;
  uint64_t first_us;
  uint32_t period_us;
  uint8_t input;
  int16_t values[16];
};

/* A step of an update was taken, or why not (`updateResults`); `offset` is the next byte wanted. */
struct message_updated {
  uint8_t step;
  uint8_t result;
  uint32_t offset;
};

/* From the host. False: another kind, or not of its size; then nothing was written. */
bool decode_hello(const uint8_t *bytes, size_t size, struct message_hello *message);
bool decode_open(const uint8_t *bytes, size_t size, struct message_open *message);
bool decode_beat(const uint8_t *bytes, size_t size, struct message_beat *message);
bool decode_pulse(const uint8_t *bytes, size_t size, struct message_pulse *message);
bool decode_rest(const uint8_t *bytes, size_t size);
bool decode_sync(const uint8_t *bytes, size_t size, struct message_sync *message);
bool decode_ask(const uint8_t *bytes, size_t size);
bool decode_update_begin(const uint8_t *bytes, size_t size, struct message_update_begin *message);
bool decode_update_chunk(const uint8_t *bytes, size_t size, struct message_update_chunk *message);
bool decode_update_end(const uint8_t *bytes, size_t size, struct message_update_end *message);
bool decode_reset(const uint8_t *bytes, size_t size, struct message_reset *message);
bool decode_confirm(const uint8_t *bytes, size_t size, struct message_confirm *message);

/* To the host. Returns the number of bytes: code and fields. */
size_t encode_welcome(uint8_t *bytes, const struct message_welcome *message);
size_t encode_verdict(uint8_t *bytes, const struct message_verdict *message);
size_t encode_edge(uint8_t *bytes, const struct message_edge *message);
size_t encode_state(uint8_t *bytes, const struct message_state *message);
size_t encode_input(uint8_t *bytes, const struct message_input *message);
size_t encode_synced(uint8_t *bytes, const struct message_synced *message);
size_t encode_samples(uint8_t *bytes, const struct message_samples *message);
size_t encode_updated(uint8_t *bytes, const struct message_updated *message);

#endif
