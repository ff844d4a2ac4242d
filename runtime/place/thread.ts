import { parentPort, workerData } from 'node:worker_threads';
import type { MapFile } from '../../models/place/map-file.js';
import type { MapTracker } from '../../models/place/map-tracker.js';
import type { MappedPlace, PlaceMap, PlaceNote } from '../../models/place/place-map.js';
import { mapChanges, placeRequests, recordLength, type GreyFrame, type MessageKind } from '../contracts.js';
import { createRecordList } from '../loop/loop.js';
import { EventCode, decodeEvent, encodeMessage } from '../loop/records.js';
import { SlotRing } from '../loop/ring.js';
import { ControlTime } from '../loop/shared.js';
import { monotonicUs } from '../monotonic.js';
import { EstimateSocket } from './estimate-socket.js';
import { LoggedPlaceLoop } from './logged-place-loop.js';
import { bytesOf, mapBytes, mapsOfRecording, openMap, openOtherMap, placeLoop } from './open-map.js';
import { openSource } from './open-source.js';
import { kindOf } from './picture-options.js';
import { RosBridge } from './ros-bridge.js';
import type { FromPlaceThread, NamedMap, PlaceThreadData, ToPlaceThread } from './shared.js';

/**
 * The thread of the place loop: the shell around it. It owns source, map file, socket and ROS, and goes through nobody
 * else between a frame and its estimate. Each frame, reading and request is a cycle of its own, in the order in which
 * they came.
 */

const data = workerData as PlaceThreadData;
const times = new Float64Array(data.times);
const modeRequests = { learning: 'learn', matching: 'match', paused: 'pause' } as const;
const filesOf = (maps: readonly ReturnType<typeof openMap>[]): MapFile[] => maps.flatMap(({ file }) => file ?? []);
const tell = (message: FromPlaceThread): void => parentPort?.postMessage(message);

try {
  await run();
} catch (error) {
  tell({ refused: error instanceof Error ? error.message : String(error) });
}

async function run(): Promise<void> {
  const kind = kindOf(data.source, data.size);
  const pictures = await openSource(data.source, see, ({ state, text }) => {
    tell({ notice: { delivering: state === 'delivering', text } });
    if (state === 'over') tell({ over: true });
  });
  const { source } = pictures;
  const { otherMaps } = data;
  const openMaps = (): ReturnType<typeof openMap>[] => [
    openMap(data.map, kind, data),
    ...otherMaps.map((path) => openOtherMap(path, kind, data.recall)),
  ];
  let opened = openMaps();
  let files = filesOf(opened);
  const paths = data.map === undefined ? [] : [data.map, ...otherMaps];
  let { loop, trackers } = placeLoop(opened.map(({ map }) => map));
  /** Frames without evidence, of recordings of this run that have ended. */
  let withoutEvidence = 0;
  const { mode } = loop;
  const logged = new LoggedPlaceLoop(loop, SlotRing.attach(data.pictures), SlotRing.attach(data.decisions));
  const messages = createRecordList(1);
  const prepared: GreyFrame = {
    width: kind.width,
    height: kind.height,
    pixels: new Uint8Array(kind.width * kind.height),
    sequence: 0,
    frameUs: 0,
  };
  const socket = await EstimateSocket.open(data.socket, drive);
  const ros = data.ros && new RosBridge(data.ros, drive, (text) => tell({ notice: { delivering: true, text } }));
  /** Of the request that is being followed. */
  let label = '';
  let ms = 0;

  function see(): void {
    for (let frame = source.take(); frame; frame = source.take()) {
      const nowUs = monotonicUs();
      pictures.prepare(frame.pixels, prepared.pixels);
      prepared.sequence = frame.sequence;
      prepared.frameUs = frame.frameUs;
      const before = loop.withoutEvidence;
      logged.step(nowUs, prepared);
      const told = loop.mode !== 'paused' && loop.withoutEvidence === before;
      if (told) publish();
      ms = (monotonicUs() - frame.frameUs) / 1000;
      keepMap();
      tellState(told);
    }
  }

  function publish(): void {
    const { estimate } = loop;
    const note = noteOf(estimate.place);
    socket.tell({ ...estimate, label: note?.label ?? null });
    if (hasMoved() && estimate.known && note?.pose) ros?.publish(note.pose, estimate);
  }

  /**
   * From the next cycle on another recording is written: the recorder finds the last one of this before any of that. The
   * maps are written and opened again, as for a new run, so that the recording can be repeated from what it holds of them;
   * where the robot is, it has to see again. What stood otherwise than in a new run is the first that the loop is told.
   */
  function rotate(): void {
    const { cycleNumber: cycle, lastIndex: index, mode, map } = loop;
    const own = opened[0]?.map;
    let maps: NamedMap[];
    try {
      for (const file of files) file.save();
      maps = paths.map((path) => ({ name: path, bytes: mapBytes(path) }));
      if (paths.length === 0 && own) maps.push({ name: 'of this run', bytes: bytesOf(own, kind) });
      opened = paths.length > 0 ? openMaps() : mapsOfRecording(maps, kind, data).map((each) => ({ map: each }));
    } catch (error) {
      tell({ notRotated: error instanceof Error ? error.message : String(error) });
      return;
    }
    files = filesOf(opened);
    withoutEvidence += loop.withoutEvidence;
    times[ControlTime.endCycle] = cycle;
    ({ loop, trackers } = placeLoop(
      opened.map(({ map: each }) => each),
      { cycle, index },
    ));
    logged.beginRecording(loop);
    tell({ rotated: { cycle, index, us: monotonicUs(), maps } });
    const request = modeRequests[mode];
    if (mode !== loop.mode) step('place', placeRequests.indexOf(request), -1, 0);
    if (map !== loop.map) step('place', placeRequests.indexOf('map'), map, 0);
  }

  function drive(metres: number): void {
    step('odometry', metres, monotonicUs());
  }

  function step(kind: MessageKind, ...fields: number[]): void {
    messages.records.set(encodeMessage(kind, fields));
    messages.length = 1;
    logged.step(monotonicUs(), undefined, messages);
    keepMap();
  }

  /** What is noted of a place; its rows the map writes down itself. */
  function keepMap(): void {
    for (let place = 0; place < loop.events.length; place++) {
      const event = decodeEvent(loop.events.records, place * recordLength);
      if (event?.kind !== 'map') continue;
      const change = mapChanges[event.change];
      if (change === 'labelled') note(event.place, { label });
      else if (change === 'learned' && ros?.pose) note(event.place, { pose: ros.pose });
    }
  }

  /** The one that the robot is on. */
  function present(): PlaceMap {
    return (trackers[loop.map] as MapTracker).map;
  }

  function note(place: number, added: PlaceNote): void {
    const map = present();
    const at = map.find(place);
    const { label, pose, thumbnail } = map.places[at] ?? {};
    if (at >= 0) map.note(at, { label, pose, thumbnail, ...added });
  }

  function hasMoved(): boolean {
    for (let event = 0; event < loop.events.length; event++) {
      if (loop.events.records[event * recordLength] === EventCode.place) return true;
    }
    return false;
  }

  function noteOf(place: number): MappedPlace | undefined {
    const map = present();
    return map.places[map.find(place)];
  }

  function tellState(told: boolean): void {
    const { dropped, partial = 0, discardedBytes = 0, restarts } = source.counts;
    tell({
      told,
      moved: hasMoved(),
      state: {
        estimate: { ...loop.estimate },
        place: loop.place,
        label: noteOf(loop.place)?.label ?? '',
        mode: loop.mode,
        map: paths[loop.map] ?? '',
        places: present().places.length,
        frames: loop.lastIndex + 1,
        dropped: dropped + partial,
        discardedBytes,
        withoutEvidence: withoutEvidence + loop.withoutEvidence,
        restarts,
        ms,
        listeners: socket.listeners,
        ros: ros?.state ?? '',
        mapProblem: files.map(({ failure }) => failure).find((failure) => failure !== '') ?? '',
        ruleProblem: trackers[loop.map]?.notice ?? '',
      },
    });
  }

  async function stop(): Promise<void> {
    await source.stop();
    ros?.close();
    socket.close();
    for (const file of files) {
      try {
        file.save();
      } catch (error) {
        tell({ notice: { delivering: true, text: error instanceof Error ? error.message : String(error) } });
      }
    }
    tell({ ended: true });
    parentPort?.close();
  }

  parentPort?.on('message', (message: ToPlaceThread) => {
    if ('start' in message) source.start();
    else if ('stop' in message) void stop();
    else if ('marker' in message) step('marker', message.marker);
    else if ('rotate' in message) rotate();
    else {
      label = message.text;
      step('place', placeRequests.indexOf(message.request), message.place, message.number);
      tell({ answer: { id: message.id, refusal: loop.refusal } });
      tellState(false);
    }
  });
  tell({
    ready: {
      mode,
      maps: paths.map((path) => ({ name: path, bytes: mapBytes(path) })),
      notices: files.flatMap(({ notices }) => notices),
    },
  });
}
