#include "bridge.h"

#include <string.h>

#include "../generated/messages.h"
#include "../port.h"
#include "bank.h"
#include "frame.h"
#include "inputs.h"
#include "interlock.h"
#include "update.h"

enum {
  EDGES = 16,   /* that can wait for the main loop and the line */
  AT_ONCE = 64, /* bytes taken in one poll, so that a flood of them does not keep edges from going out */
};

static struct {
  /* Behind port_lock: the tick changes them. */
  struct interlock lock;
  struct inputs inputs;
  struct message_edge edges[EDGES]; /* a ring */
  uint8_t first_edge;
  uint8_t edge_count;
  bool busy;  /* a pulse waits or lasts, as far as edges tell */
  bool lasts; /* the same */
  uint32_t pulse; /* its number */
  bool lost;  /* the heartbeat was, when this was last looked at */
  uint32_t beat_losses;
  uint32_t unsent_bytes;

  /* The main loop's own. */
  struct frame_decoder decoder;
  struct update update;
  uint32_t boot;
  uint32_t hellos;
  uint32_t offered; /* session that `open` may open; 0: none */
  uint32_t sync_sequence;
  uint64_t beat_us;
  uint32_t accepted;
  uint32_t refused;
  uint32_t good_frames;
  uint32_t stray_frames;
  bool resets; /* on a port whose reset comes back: nothing more is taken before the boot */
} bridge;

/* What leaves */

static bool send(const uint8_t *message, size_t size) {
  uint8_t frame[FRAME_LONGEST];
  return port_write(frame, frame_encode(frame, message, size));
}

/* An answer that finds no room is lost, and counts: the host asks again. */
static void answer(const uint8_t *message, size_t size) {
  if (!send(message, size)) bridge.unsent_bytes += (uint32_t)size;
}

static void note_edge(uint16_t amplitude) {
  if (bridge.edge_count == EDGES) {
    bridge.unsent_bytes += MESSAGE_EDGE_SIZE;
    return;
  }
  bridge.edges[(bridge.first_edge + bridge.edge_count) % EDGES] = (struct message_edge){
      .sequence = bridge.pulse,
      .at_us = port_now_us(),
      .amplitude = amplitude,
      .cause = bridge.lock.cause,
  };
  bridge.edge_count++;
}

/* After each call that may have changed the interlock, before port_unlock: the output follows, and edges are noted. */
static void obey(void) {
  const struct interlock *lock = &bridge.lock;
  port_output(interlock_output(lock));
  if (lock->lasts && !bridge.lasts) note_edge(lock->amplitude);
  if (bridge.busy && !lock->waits && !lock->lasts) note_edge(0);
  bridge.busy = lock->waits || lock->lasts;
  bridge.lasts = lock->lasts;
  const bool lost = interlock_phase(lock) == PHASE_LOST;
  if (lost && !bridge.lost) bridge.beat_losses++;
  bridge.lost = lost;
}

/* Edges wait until there is room for them: they are what a pulse has really been. */
static void send_edges(void) {
  for (;;) {
    port_lock();
    const bool any = bridge.edge_count > 0;
    const struct message_edge edge = bridge.edges[bridge.first_edge];
    port_unlock();
    uint8_t message[MESSAGE_EDGE_SIZE];
    if (!any || !send(message, encode_edge(message, &edge))) return;
    port_lock();
    bridge.first_edge = (uint8_t)((bridge.first_edge + 1u) % EDGES);
    bridge.edge_count--;
    port_unlock();
  }
}

static void send_inputs(void) {
  struct message_input change;
  struct message_samples samples;
  for (;;) {
    port_lock();
    const bool any = inputs_take_change(&bridge.inputs, &change);
    port_unlock();
    if (!any) break;
    uint8_t message[MESSAGE_INPUT_SIZE];
    answer(message, encode_input(message, &change));
  }
  for (;;) {
    port_lock();
    const bool any = inputs_take_samples(&bridge.inputs, &samples);
    port_unlock();
    if (!any) break;
    uint8_t message[MESSAGE_SAMPLES_SIZE];
    answer(message, encode_samples(message, &samples));
  }
}

/* Sessions */

static bool is_session(uint32_t session) {
  return session != 0 && session == bridge.lock.session;
}

static void end_session(void) {
  port_lock();
  interlock_close(&bridge.lock);
  obey();
  inputs_begin(&bridge.inputs, 0, 0);
  port_unlock();
  update_abandon(&bridge.update);
  bridge.sync_sequence = 0;
  bridge.beat_us = 0;
  send_edges();
}

/* Another number for each hello, and for each boot. */
static uint32_t next_session(void) {
  uint32_t session = 0;
  while (session == 0) session = bridge.boot * 2654435761u + ++bridge.hellos;
  return session;
}

static bool handle_hello(const uint8_t *bytes, size_t size) {
  struct message_hello hello;
  if (!decode_hello(bytes, size, &hello)) return false;
  end_session();
  bridge.offered = hello.protocol == PROTOCOL_VERSION ? next_session() : 0;
  const struct interlock_limits *limits = &interlock_compiled;
  const struct message_welcome welcome = {
      .protocol = PROTOCOL_VERSION,
      .nonce = hello.nonce,
      .session = bridge.offered,
      .firmware = update_running_version(),
      .boot = bridge.boot,
      .bank = port_running_bank(),
      .trial = bank_is_on_trial(port_running_bank()) ? 1 : 0,
      .now_us = port_now_us(),
      .tick_us = INTERLOCK_TICK_US,
      .beat_timeout_us = limits->beat * INTERLOCK_TICK_US,
      .amplitude_limit = limits->amplitude,
      .duration_limit_us = limits->duration * INTERLOCK_TICK_US,
      .charge_limit = limits->charge * INTERLOCK_TICK_US,
      .interval_limit_us = limits->interval * INTERLOCK_TICK_US,
      .per_minute_limit = limits->rate,
      .duty_limit = limits->duty,
  };
  uint8_t message[MESSAGE_WELCOME_SIZE];
  answer(message, encode_welcome(message, &welcome));
  return true;
}

static void answer_state(void) {
  port_lock();
  const struct interlock lock = bridge.lock;
  const uint32_t unsent_bytes = bridge.unsent_bytes + bridge.inputs.lost_bytes;
  port_unlock();
  const struct message_state state = {
      .session = lock.session,
      .phase = interlock_phase(&lock),
      .now_us = port_now_us(),
      .beat = lock.beat_sequence,
      .beat_us = bridge.beat_us,
      .pulse = lock.sequence,
      .amplitude = interlock_output(&lock),
      .waiting = lock.waits ? 1 : 0,
      .reasons = interlock_reasons(&lock) | (update_is_active(&bridge.update) ? REASON_UPDATING : 0u),
      .beat_timeout_us = lock.limits.beat * INTERLOCK_TICK_US,
      .amplitude_limit = lock.limits.amplitude,
      .duration_limit_us = lock.limits.duration * INTERLOCK_TICK_US,
      .charge_limit = lock.limits.charge * INTERLOCK_TICK_US,
      .interval_limit_us = lock.limits.interval * INTERLOCK_TICK_US,
      .per_minute_limit = lock.limits.rate,
      .duty_limit = lock.limits.duty,
      .accepted = bridge.accepted,
      .refused = bridge.refused,
      .good_frames = bridge.good_frames,
      .damaged_frames = bridge.decoder.damaged,
      .stray_frames = bridge.stray_frames,
      .unsent_bytes = unsent_bytes,
      .beat_losses = bridge.beat_losses,
  };
  uint8_t message[MESSAGE_STATE_SIZE];
  answer(message, encode_state(message, &state));
}

static bool handle_open(const uint8_t *bytes, size_t size) {
  struct message_open open;
  if (!decode_open(bytes, size, &open) || open.session == 0 || open.session != bridge.offered) return false;
  bridge.offered = 0;
  /* What a tick cannot divide becomes the tighter number of ticks. */
  const struct interlock_limits asked = {
      .beat = open.beat_timeout_us / INTERLOCK_TICK_US,
      .duration = open.duration_limit_us / INTERLOCK_TICK_US,
      .charge = open.charge_limit / INTERLOCK_TICK_US,
      .interval = open.interval_limit_us / INTERLOCK_TICK_US + (open.interval_limit_us % INTERLOCK_TICK_US > 0 ? 1u : 0u),
      .amplitude = open.amplitude_limit,
      .rate = open.per_minute_limit,
      .duty = open.duty_limit,
  };
  port_lock();
  /* Edges that found no room belong to numbers of the session before. */
  bridge.unsent_bytes += bridge.edge_count * MESSAGE_EDGE_SIZE;
  bridge.edge_count = 0;
  interlock_open(&bridge.lock, open.session, &asked);
  obey();
  inputs_begin(&bridge.inputs, open.sample_period_us, open.analogue_inputs);
  port_unlock();
  answer_state();
  return true;
}

static bool handle_beat(const uint8_t *bytes, size_t size) {
  struct message_beat beat;
  if (!decode_beat(bytes, size, &beat)) return false;
  port_lock();
  const bool taken = interlock_beat(&bridge.lock, beat.session, beat.sequence);
  port_unlock();
  if (taken) bridge.beat_us = port_now_us();
  return taken;
}

/* Pulses */

/* To the nearest tick; ticks fall on whole multiples of their period. */
static int32_t ticks_until(uint64_t us, uint64_t now_us) {
  const uint64_t tick_us = now_us - now_us % INTERLOCK_TICK_US;
  const uint64_t away = us > tick_us ? us - tick_us : tick_us - us;
  if (away > (uint64_t)INTERLOCK_FAR * INTERLOCK_TICK_US) return us > tick_us ? INTERLOCK_FAR : -INTERLOCK_FAR;
  const int32_t ticks = (int32_t)((away + INTERLOCK_TICK_US / 2) / INTERLOCK_TICK_US);
  return us > tick_us ? ticks : -ticks;
}

static bool handle_pulse(const uint8_t *bytes, size_t size) {
  struct message_pulse asked;
  if (!decode_pulse(bytes, size, &asked)) return false;
  port_lock();
  const uint64_t now_us = port_now_us();
  const struct interlock_pulse pulse = {
      .session = asked.session,
      .sequence = asked.sequence,
      .wait = ticks_until(asked.at_us, now_us),
      .expires = ticks_until(asked.expires_us, now_us),
      .duration = asked.duration_us / INTERLOCK_TICK_US, /* never longer than asked */
      .amplitude = asked.amplitude,
      .sham = asked.sham != 0,
  };
  uint32_t against = update_is_active(&bridge.update) ? REASON_UPDATING : 0;
  if (asked.duration_us > bridge.lock.limits.duration * INTERLOCK_TICK_US) against |= REASON_DURATION;
  const uint32_t reasons = interlock_judge(&bridge.lock, &pulse, against);
  if (reasons == 0) bridge.pulse = asked.sequence;
  obey();
  port_unlock();
  if (reasons == 0) bridge.accepted++;
  else bridge.refused++;
  const uint64_t ahead_us = pulse.wait > 0 ? (uint64_t)pulse.wait * INTERLOCK_TICK_US - now_us % INTERLOCK_TICK_US : 0;
  const struct message_verdict verdict = {
      .sequence = asked.sequence,
      .reasons = reasons,
      .start_us = reasons == 0 ? now_us + ahead_us : 0,
      .now_us = now_us,
  };
  uint8_t message[MESSAGE_VERDICT_SIZE];
  answer(message, encode_verdict(message, &verdict));
  return true;
}

static bool handle_rest(const uint8_t *bytes, size_t size) {
  if (!decode_rest(bytes, size)) return false;
  port_lock();
  interlock_rest(&bridge.lock);
  obey();
  port_unlock();
  return true;
}

/* Questions */

static bool handle_sync(const uint8_t *bytes, size_t size) {
  const uint64_t received_us = port_now_us();
  struct message_sync sync;
  if (!decode_sync(bytes, size, &sync) || !is_session(sync.session) || sync.sequence <= bridge.sync_sequence) return false;
  bridge.sync_sequence = sync.sequence;
  const struct message_synced synced = {
      .sequence = sync.sequence,
      .received_us = received_us,
      .sent_us = port_now_us(),
  };
  uint8_t message[MESSAGE_SYNCED_SIZE];
  answer(message, encode_synced(message, &synced));
  return true;
}

static bool handle_ask(const uint8_t *bytes, size_t size) {
  if (!decode_ask(bytes, size)) return false;
  answer_state();
  return true;
}

/* Updates. They need no beats: all is at rest, and the processor may be held by an erase for longer than a beat lasts. */

static void answer_updated(uint8_t step, uint8_t result) {
  const struct message_updated updated = {.step = step, .result = result, .offset = bridge.update.offset};
  uint8_t message[MESSAGE_UPDATED_SIZE];
  answer(message, encode_updated(message, &updated));
}

static bool handle_update_begin(const uint8_t *bytes, size_t size) {
  struct message_update_begin begin;
  if (!decode_update_begin(bytes, size, &begin)) return false;
  uint8_t result;
  if (!is_session(begin.session)) result = UPDATE_NO_SESSION;
  else if (bridge.lock.waits || bridge.lock.lasts) result = UPDATE_NOT_AT_REST;
  else result = update_begin(&bridge.update, begin.version, begin.length);
  answer_updated(MESSAGE_UPDATE_BEGIN, result);
  return true;
}

static bool handle_update_chunk(const uint8_t *bytes, size_t size) {
  struct message_update_chunk chunk;
  if (!decode_update_chunk(bytes, size, &chunk)) return false;
  answer_updated(MESSAGE_UPDATE_CHUNK, is_session(chunk.session)
                                           ? update_chunk(&bridge.update, chunk.offset, chunk.bytes, chunk.count)
                                           : UPDATE_NO_SESSION);
  return true;
}

static bool handle_update_end(const uint8_t *bytes, size_t size) {
  struct message_update_end end;
  if (!decode_update_end(bytes, size, &end)) return false;
  answer_updated(MESSAGE_UPDATE_END,
                 is_session(end.session) ? update_end(&bridge.update, end.signature) : UPDATE_NO_SESSION);
  return true;
}

static bool handle_confirm(const uint8_t *bytes, size_t size) {
  struct message_confirm confirm;
  if (!decode_confirm(bytes, size, &confirm)) return false;
  answer_updated(MESSAGE_CONFIRM, is_session(confirm.session) ? update_confirm() : UPDATE_NO_SESSION);
  return true;
}

static bool handle_reset(const uint8_t *bytes, size_t size) {
  struct message_reset reset;
  if (!decode_reset(bytes, size, &reset) || !is_session(reset.session)) return false;
  port_lock();
  interlock_boot(&bridge.lock);
  obey();
  port_unlock();
  send_edges();
  bridge.resets = true;
  port_reset();
  return true;
}

/* False: nothing that is meant for now. */
static bool handle(const uint8_t *message, size_t size) {
  switch (message[0]) {
    case MESSAGE_HELLO: return handle_hello(message, size);
    case MESSAGE_OPEN: return handle_open(message, size);
    case MESSAGE_BEAT: return handle_beat(message, size);
    case MESSAGE_PULSE: return handle_pulse(message, size);
    case MESSAGE_REST: return handle_rest(message, size);
    case MESSAGE_SYNC: return handle_sync(message, size);
    case MESSAGE_ASK: return handle_ask(message, size);
    case MESSAGE_UPDATE_BEGIN: return handle_update_begin(message, size);
    case MESSAGE_UPDATE_CHUNK: return handle_update_chunk(message, size);
    case MESSAGE_UPDATE_END: return handle_update_end(message, size);
    case MESSAGE_RESET: return handle_reset(message, size);
    case MESSAGE_CONFIRM: return handle_confirm(message, size);
    default: return false;
  }
}

/* What the port calls */

void bridge_boot(void) {
  memset(&bridge, 0, sizeof bridge);
  bridge.boot = port_boot();
  interlock_boot(&bridge.lock);
  inputs_begin(&bridge.inputs, 0, 0);
  obey();
}

void bridge_tick(uint32_t ticks) {
  interlock_advance(&bridge.lock, ticks);
  obey();
  if (bridge.lock.session != 0) inputs_tick(&bridge.inputs, ticks, port_now_us());
}

bool bridge_poll(void) {
  uint8_t bytes[AT_ONCE];
  const size_t taken = port_read(bytes, sizeof bytes);
  for (size_t i = 0; i < taken && !bridge.resets; i++) {
    const size_t size = frame_take(&bridge.decoder, bytes[i]);
    if (size == 0) continue;
    if (handle(bridge.decoder.bytes, size)) bridge.good_frames++;
    else bridge.stray_frames++;
  }
  send_edges();
  send_inputs();
  return taken == sizeof bytes;
}

uint32_t bridge_next(void) {
  const uint32_t interlock = interlock_next(&bridge.lock);
  const uint32_t inputs = inputs_next(&bridge.inputs);
  const uint32_t next = interlock < inputs ? interlock : inputs;
  return next > 0 ? next : 1;
}
