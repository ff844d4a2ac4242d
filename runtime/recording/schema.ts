/** The file: one SQLite database a run, readable with any SQLite. Versions of it are `user_version`. */
export const schemaVersion = 1;

export const schema = `
  create table if not exists run (
    id integer primary key check (id = 1),
    description text not null,            -- RunDescription as JSON
    summary text,                         -- RunSummary as JSON; null while it runs, and if it was killed
    closed_us real
  );
  create table if not exists block (      -- raw counts, device counters and flags of consecutive frames
    id integer primary key,
    first_index integer not null,
    frames integer not null,
    first_cycle integer not null,
    packed blob not null,                 -- see packing.ts
    crc integer not null                  -- CRC-32 of packed
  );
  create table if not exists input (      -- every cycle of the loop: its time and how many frames it brought
    id integer primary key,
    first_cycle integer not null,
    cycles integer not null,
    packed blob not null,
    crc integer not null
  );
  create table if not exists message (    -- what else entered the loop, in order
    id integer primary key,
    cycle integer not null,
    kind text not null,
    fields text not null,                 -- JSON, for people
    record blob not null                  -- the doubles of contracts.ts, exactly
  );
  create table if not exists event (      -- what the loop saw and decided, in order
    id integer primary key,
    cycle integer not null,
    sample integer not null,
    us real not null,
    kind text not null,
    fields text not null,
    record blob not null,
    text text                             -- of a marker
  );
  create table if not exists anchor (     -- monotonic and wall time of the same instant
    us real not null,
    wall_ms real not null
  );
`;
