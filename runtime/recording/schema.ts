/**
 * The file: one SQLite database a run, readable with any SQLite. Rows are only ever added, with ids from 1 without
 * holes; `crc` is a CRC-32 over the rest of its row (`rows.ts`), against accidents. The rows of each table are a chain of
 * SHA-256 links, against hands (`table-chains.ts`). What is packed, and how: `packing.ts`.
 */
export const schemaVersion = 4;
/** The same without links and seals; read as it is, and made one of format 4 by `migrate.ts`. */
export const unchainedVersion = 3;

/** `text` of a receipt that did not come through the loop, see `reconcile.ts`. */
export const guardianLog = 'guardian log';

export const schema = `
  create table if not exists run (        -- one row
    id integer primary key check (id = 1),
    description text not null,            -- RunDescription as JSON
    migrated text,                        -- Migration as JSON: its links were made then, not when its rows were
    crc integer not null
  );
  create table if not exists ending (     -- one row once the run has ended; none while it runs, and if it was killed
    id integer primary key check (id = 1),
    reason text not null,                 -- 'closed' or 'disk full'
    wall_ms real not null,
    summary text,                         -- RunSummary as JSON; null if the disk was full
    crc integer not null
  );
  create table if not exists block (      -- counts, device counters and flags of consecutive frames
    id integer primary key,
    first_index integer not null,         -- sample index of its first frame
    frames integer not null,
    first_cycle integer not null,         -- the cycle that brought its first frame
    packed blob not null,
    crc integer not null
  );
  create table if not exists picture (    -- of a camera: times and pixels of the frames of the block with the same number
    id integer primary key,
    first_index integer not null,
    frames integer not null,
    packed blob not null,
    crc integer not null
  );
  create table if not exists map (        -- of places, as it was when the loop took it up; its file
    id integer primary key,
    name text not null,
    bytes blob not null,
    crc integer not null
  );
  create table if not exists input (      -- every cycle of the loop: its time, and how many frames it brought
    id integer primary key,
    first_cycle integer not null,
    cycles integer not null,
    packed blob not null,
    crc integer not null
  );
  create table if not exists message (    -- what else entered the loop, in order
    id integer primary key,
    cycle integer,
    kind text not null,
    fields text not null,                 -- JSON, for people: what is no JSON number is null
    record blob not null,                 -- the doubles of contracts.ts, exactly
    crc integer not null
  );
  create table if not exists event (      -- what the loop saw and decided, in order
    id integer primary key,
    cycle integer,
    sample integer,
    us real,
    kind text not null,
    fields text not null,
    record blob not null,
    text text,                            -- of a marker or a label, evidence of a receipt; 'guardian log' for one that only it had
    crc integer not null,
    hash blob not null                    -- SHA-256 over the hash of the event before and this one
  );
  create table if not exists anchor (     -- monotonic and wall time of the same instant
    id integer primary key,
    us real not null,
    wall_ms real not null,
    crc integer not null
  );
  create table if not exists lease (      -- permission for stimuli, on disk before the first of them
    id integer primary key,
    lease integer not null,               -- its number in the run, as permits name it
    stimuli integer not null,
    granted_us real not null,
    until_us real not null,
    crc integer not null
  );
  create table if not exists seal (       -- every minute and at the end
    id integer primary key,
    tables text not null,                 -- JSON: for each table how many rows there are, and the newest link
    hash blob not null                    -- SHA-256 over the hash of the seal before and this one: the head
  );
`;
