import { parentPort, workerData } from 'node:worker_threads';
import { createHand, type Order } from './crew.js';
import type { Shared } from './slice-trainer.js';

/** A thread of a crew: one answer to each order. */
const carryOut = createHand(workerData as Shared);
parentPort?.on('message', (order: Order) => parentPort?.postMessage(carryOut(order)));
