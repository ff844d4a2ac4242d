// AssemblyScript: built to WebAssembly by models/build-kernels.mjs, not by tsc. The one entry of the engine's module.

import { addSums, AddSums, clamp, Clamp, copy, Copy, delay, Delay, fire, Fire } from './arrays';
import { neurons, Neurons, reals, Reals } from './reals';
import { columns, Columns, winograd } from './winograd';
import { axonal, Axonal } from './axonal';
import { codes, Codes, image, Image } from './codes';
import { list, List, listCounts, ListCounts, pack, Pack, pool, Pool, unpack, Unpack } from './planes';

/** Bytes of a record; its first word says which kernel it is for. */
const recordBytes: usize = 128;

/** Runs the records from `at` to `end`. Kernels are numbered as in ../records.ts. */
export function run(at: usize, end: usize): void {
  for (; at < end; at += recordBytes)
    switch (load<i32>(at)) {
      case 0:
        pack(changetype<Pack>(at));
        break;
      case 1:
        unpack(changetype<Unpack>(at));
        break;
      case 2:
        pool(changetype<Pool>(at));
        break;
      case 3:
        list(changetype<List>(at));
        break;
      case 4:
        listCounts(changetype<ListCounts>(at));
        break;
      case 5:
        axonal<u64>(changetype<Axonal>(at));
        break;
      case 6:
        axonal<u32>(changetype<Axonal>(at));
        break;
      case 7:
        axonal<u16>(changetype<Axonal>(at));
        break;
      case 8:
        image(changetype<Image>(at));
        break;
      case 9:
        codes<u16>(changetype<Codes>(at));
        break;
      case 10:
        codes<u8>(changetype<Codes>(at));
        break;
      case 12:
        columns(changetype<Columns>(at));
        break;
      case 13:
        winograd(changetype<Codes>(at));
        break;
      case 14:
        reals(changetype<Reals>(at));
        break;
      case 15:
        neurons(changetype<Neurons>(at));
        break;
      case 11:
        clamp(changetype<Clamp>(at));
        break;
      case 16:
        copy(changetype<Copy>(at));
        break;
      case 17:
        addSums(changetype<AddSums>(at));
        break;
      case 18:
        fire(changetype<Fire>(at));
        break;
      case 19:
        delay(changetype<Delay>(at));
        break;
    }
}
