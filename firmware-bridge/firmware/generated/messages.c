/*
 * Made by protocol/generate.ts from protocol/description.ts: change that, then `npm run generate:bridge`.
 */
#include "messages.h"

static uint16_t get_u16(const uint8_t *bytes) {
  return (uint16_t)(bytes[0] | (bytes[1] << 8));
}

static uint32_t get_u32(const uint8_t *bytes) {
  return get_u16(bytes) | ((uint32_t)get_u16(bytes + 2) << 16);
}

static uint64_t get_u64(const uint8_t *bytes) {
  return get_u32(bytes) | ((uint64_t)get_u32(bytes + 4) << 32);
}

static void get_bytes(uint8_t *into, const uint8_t *bytes, size_t count) {
  for (size_t i = 0; i < count; i++) into[i] = bytes[i];
}

static void put_u16(uint8_t *bytes, uint16_t value) {
  bytes[0] = (uint8_t)(value & 0xffu);
  bytes[1] = (uint8_t)(value >> 8);
}

static void put_u32(uint8_t *bytes, uint32_t value) {
  put_u16(bytes, (uint16_t)(value & 0xffffu));
  put_u16(bytes + 2, (uint16_t)(value >> 16));
}

static void put_u64(uint8_t *bytes, uint64_t value) {
  put_u32(bytes, (uint32_t)(value & 0xffffffffu));
  put_u32(bytes + 4, (uint32_t)(value >> 32));
}

static void put_counts(uint8_t *bytes, const int16_t *values, size_t count) {
  for (size_t i = 0; i < count; i++) put_u16(bytes + 2 * i, (uint16_t)values[i]);
}

bool decode_hello(const uint8_t *bytes, size_t size, struct message_hello *message) {
  if (size != MESSAGE_HELLO_SIZE || bytes[0] != MESSAGE_HELLO) return false;
  message->protocol = get_u16(bytes + 1);
  message->nonce = get_u32(bytes + 3);
  return true;
}

bool decode_open(const uint8_t *bytes, size_t size, struct message_open *message) {
  if (size != MESSAGE_OPEN_SIZE || bytes[0] != MESSAGE_OPEN) return false;
  message->session = get_u32(bytes + 1);
  message->beat_timeout_us = get_u32(bytes + 5);
  message->amplitude_limit = get_u16(bytes + 9);
  message->duration_limit_us = get_u32(bytes + 11);
  message->charge_limit = get_u32(bytes + 15);
  message->interval_limit_us = get_u32(bytes + 19);
  message->per_minute_limit = get_u16(bytes + 23);
  message->duty_limit = get_u16(bytes + 25);
  message->sample_period_us = get_u32(bytes + 27);
  message->analogue_inputs = bytes[31];
  return true;
}

bool decode_beat(const uint8_t *bytes, size_t size, struct message_beat *message) {
  if (size != MESSAGE_BEAT_SIZE || bytes[0] != MESSAGE_BEAT) return false;
  message->session = get_u32(bytes + 1);
  message->sequence = get_u32(bytes + 5);
  return true;
}

bool decode_pulse(const uint8_t *bytes, size_t size, struct message_pulse *message) {
  if (size != MESSAGE_PULSE_SIZE || bytes[0] != MESSAGE_PULSE) return false;
  message->session = get_u32(bytes + 1);
  message->sequence = get_u32(bytes + 5);
  message->at_us = get_u64(bytes + 9);
  message->expires_us = get_u64(bytes + 17);
  message->duration_us = get_u32(bytes + 25);
  message->amplitude = get_u16(bytes + 29);
  message->sham = bytes[31];
  return true;
}

bool decode_rest(const uint8_t *bytes, size_t size) {
  if (size != MESSAGE_REST_SIZE || bytes[0] != MESSAGE_REST) return false;
  return true;
}

bool decode_sync(const uint8_t *bytes, size_t size, struct message_sync *message) {
  if (size != MESSAGE_SYNC_SIZE || bytes[0] != MESSAGE_SYNC) return false;
  message->session = get_u32(bytes + 1);
  message->sequence = get_u32(bytes + 5);
  return true;
}

bool decode_ask(const uint8_t *bytes, size_t size) {
  if (size != MESSAGE_ASK_SIZE || bytes[0] != MESSAGE_ASK) return false;
  return true;
}

bool decode_update_begin(const uint8_t *bytes, size_t size, struct message_update_begin *message) {
  if (size != MESSAGE_UPDATE_BEGIN_SIZE || bytes[0] != MESSAGE_UPDATE_BEGIN) return false;
  message->session = get_u32(bytes + 1);
  message->version = get_u32(bytes + 5);
  message->length = get_u32(bytes + 9);
  return true;
}

bool decode_update_chunk(const uint8_t *bytes, size_t size, struct message_update_chunk *message) {
  if (size != MESSAGE_UPDATE_CHUNK_SIZE || bytes[0] != MESSAGE_UPDATE_CHUNK) return false;
  message->session = get_u32(bytes + 1);
  message->offset = get_u32(bytes + 5);
  message->count = bytes[9];
  get_bytes(message->bytes, bytes + 10, sizeof message->bytes);
  return true;
}

bool decode_update_end(const uint8_t *bytes, size_t size, struct message_update_end *message) {
  if (size != MESSAGE_UPDATE_END_SIZE || bytes[0] != MESSAGE_UPDATE_END) return false;
  message->session = get_u32(bytes + 1);
  get_bytes(message->signature, bytes + 5, sizeof message->signature);
  return true;
}

bool decode_reset(const uint8_t *bytes, size_t size, struct message_reset *message) {
  if (size != MESSAGE_RESET_SIZE || bytes[0] != MESSAGE_RESET) return false;
  message->session = get_u32(bytes + 1);
  return true;
}

bool decode_confirm(const uint8_t *bytes, size_t size, struct message_confirm *message) {
  if (size != MESSAGE_CONFIRM_SIZE || bytes[0] != MESSAGE_CONFIRM) return false;
  message->session = get_u32(bytes + 1);
  return true;
}

size_t encode_welcome(uint8_t *bytes, const struct message_welcome *message) {
  bytes[0] = MESSAGE_WELCOME;
  put_u16(bytes + 1, message->protocol);
  put_u32(bytes + 3, message->nonce);
  put_u32(bytes + 7, message->session);
  put_u32(bytes + 11, message->firmware);
  put_u32(bytes + 15, message->boot);
  bytes[19] = message->bank;
  bytes[20] = message->trial;
  put_u64(bytes + 21, message->now_us);
  put_u16(bytes + 29, message->tick_us);
  put_u32(bytes + 31, message->beat_timeout_us);
  put_u16(bytes + 35, message->amplitude_limit);
  put_u32(bytes + 37, message->duration_limit_us);
  put_u32(bytes + 41, message->charge_limit);
  put_u32(bytes + 45, message->interval_limit_us);
  put_u16(bytes + 49, message->per_minute_limit);
  put_u16(bytes + 51, message->duty_limit);
  return MESSAGE_WELCOME_SIZE;
}

size_t encode_verdict(uint8_t *bytes, const struct message_verdict *message) {
  bytes[0] = MESSAGE_VERDICT;
  put_u32(bytes + 1, message->sequence);
  put_u32(bytes + 5, message->reasons);
  put_u64(bytes + 9, message->start_us);
  put_u64(bytes + 17, message->now_us);
  return MESSAGE_VERDICT_SIZE;
}

size_t encode_edge(uint8_t *bytes, const struct message_edge *message) {
  bytes[0] = MESSAGE_EDGE;
  put_u32(bytes + 1, message->sequence);
  put_u64(bytes + 5, message->at_us);
  put_u16(bytes + 13, message->amplitude);
  bytes[15] = message->cause;
  return MESSAGE_EDGE_SIZE;
}

size_t encode_state(uint8_t *bytes, const struct message_state *message) {
  bytes[0] = MESSAGE_STATE;
  put_u32(bytes + 1, message->session);
  bytes[5] = message->phase;
  put_u64(bytes + 6, message->now_us);
  put_u32(bytes + 14, message->beat);
  put_u64(bytes + 18, message->beat_us);
  put_u32(bytes + 26, message->pulse);
  put_u16(bytes + 30, message->amplitude);
  bytes[32] = message->waiting;
  put_u32(bytes + 33, message->reasons);
  put_u32(bytes + 37, message->beat_timeout_us);
  put_u16(bytes + 41, message->amplitude_limit);
  put_u32(bytes + 43, message->duration_limit_us);
  put_u32(bytes + 47, message->charge_limit);
  put_u32(bytes + 51, message->interval_limit_us);
  put_u16(bytes + 55, message->per_minute_limit);
  put_u16(bytes + 57, message->duty_limit);
  put_u32(bytes + 59, message->accepted);
  put_u32(bytes + 63, message->refused);
  put_u32(bytes + 67, message->good_frames);
  put_u32(bytes + 71, message->damaged_frames);
  put_u32(bytes + 75, message->stray_frames);
  put_u32(bytes + 79, message->unsent_bytes);
  put_u32(bytes + 83, message->beat_losses);
  return MESSAGE_STATE_SIZE;
}

size_t encode_input(uint8_t *bytes, const struct message_input *message) {
  bytes[0] = MESSAGE_INPUT;
  put_u64(bytes + 1, message->at_us);
  bytes[9] = message->levels;
  bytes[10] = message->changed;
  return MESSAGE_INPUT_SIZE;
}

size_t encode_synced(uint8_t *bytes, const struct message_synced *message) {
  bytes[0] = MESSAGE_SYNCED;
  put_u32(bytes + 1, message->sequence);
  put_u64(bytes + 5, message->received_us);
  put_u64(bytes + 13, message->sent_us);
  return MESSAGE_SYNCED_SIZE;
}

size_t encode_samples(uint8_t *bytes, const struct message_samples *message) {
  bytes[0] = MESSAGE_SAMPLES;
  put_u32(bytes + 1, message->counter);
  put_u64(bytes + 5, message->first_us);
  put_u32(bytes + 13, message->period_us);
  bytes[17] = message->input;
  put_counts(bytes + 18, message->values, 16);
  return MESSAGE_SAMPLES_SIZE;
}

size_t encode_updated(uint8_t *bytes, const struct message_updated *message) {
  bytes[0] = MESSAGE_UPDATED;
  bytes[1] = message->step;
  bytes[2] = message->result;
  put_u32(bytes + 3, message->offset);
  return MESSAGE_UPDATED_SIZE;
}
