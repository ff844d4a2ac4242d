import { existsSync, statSync } from 'node:fs';
import { Command } from 'commander';
import { mapOf } from '../../models/place/map-content.js';
import { journalPath, readMapContent } from '../../models/place/map-file.js';
import { mapVersion, type MapKind } from '../../models/place/map-format.js';
import type { MappedPlace } from '../../models/place/place-map.js';
import type { PlaceRule } from '../../models/place/place-clock.js';
import { print, printJson } from './output.js';
import { kindText, ruleText } from './place-learn.js';
import { ofMapFile, recogniserOf } from './place-map.js';

export interface MapSheet {
  readonly version: number;
  readonly kind: MapKind;
  readonly rule: PlaceRule;
  readonly places: number;
  readonly rows: number;
  /** Places with more than one row. */
  readonly several: number;
  readonly labels: readonly { readonly id: number; readonly label: string }[];
  readonly poses: number;
  readonly thumbnails: number;
  readonly bytes: number;
  readonly bytesPer1000: number;
  /** Bytes of changes that are not in the file yet. */
  readonly journalBytes: number;
}

export function inspectMapCommand(): Command {
  return new Command('inspect')
    .description('What is in a map: places, rows, labels, size')
    .argument('<map>', 'file of a map')
    .option('--json', 'one JSON object on the last line of stdout')
    .addHelpText('after', '\nExample:  axond place inspect route.map')
    .action(async (path: string, { json }: { json?: true }) => {
      const sheet = await ofMapFile(() => inspectMap(path));
      if (json) printJson({ map: path, ...sheet });
      else print(...describe(path, sheet));
    });
}

/** Whole: its recogniser takes all rows. @throws ModelError */
export function inspectMap(path: string): MapSheet {
  const content = readMapContent(path);
  const { kind, rule, places, owners } = content;
  mapOf(content, recogniserOf(kind));
  const rowsOf = new Map<number, number>();
  for (const owner of owners) rowsOf.set(owner, (rowsOf.get(owner) ?? 0) + 1);
  const bytes = statSync(path).size;
  return {
    version: mapVersion,
    kind,
    rule,
    places: places.length,
    rows: owners.length,
    several: [...rowsOf.values()].filter((rows) => rows > 1).length,
    labels: places.flatMap(({ id, label }) => (label === undefined ? [] : [{ id, label }])),
    poses: count(places, ({ pose }) => pose !== undefined),
    thumbnails: count(places, ({ thumbnail }) => thumbnail !== undefined),
    bytes,
    bytesPer1000: places.length === 0 ? 0 : Math.round((1000 * bytes) / places.length),
    journalBytes: existsSync(journalPath(path)) ? statSync(journalPath(path)).size : 0,
  };
}

function count(places: readonly MappedPlace[], holds: (place: MappedPlace) => boolean): number {
  return places.filter(holds).length;
}

function describe(path: string, sheet: MapSheet): string[] {
  const { places, rows, several, labels, poses, thumbnails, bytes, bytesPer1000, journalBytes } = sheet;
  return [
    `${path}: map version ${sheet.version} of ${kindText(sheet.kind)}`,
    `places   ${places}, ${rows} rows, ${several} places with several`,
    `rule     ${ruleText(sheet.rule, sheet.kind)}`,
    `notes    ${labels.length} labels, ${poses} poses, ${thumbnails} thumbnails`,
    `size     ${bytes} bytes, ${bytesPer1000} for 1000 places`,
    ...(journalBytes > 0 ? [`journal  ${journalBytes} bytes of changes that are not in the file yet`] : []),
    ...labels.map(({ id, label }) => `${String(id).padStart(8)} ${label}`),
  ];
}
