import { z } from 'zod';
import { mapSizes, type MapSize } from '../contracts.js';
import { objection, path, quantity, text } from './values.js';

/** `place`: which map the robot finds its way on, and who else is told. */

export interface PlacePlan {
  /** The map's file; made where there is none. Absent: a map for this run alone. */
  readonly map?: string;
  /** Of a map that is made; one that there is keeps its own. */
  readonly size: MapSize;
  /** Maps that the robot may go over to. */
  readonly otherMaps: readonly string[];
  /** Metres from place to place, where odometry comes in. */
  readonly spacing?: number;
  /** Places are recalled from a part of the view. */
  readonly recall: boolean;
  readonly ros?: RosPlan;
}

export interface RosPlan {
  readonly url: string;
  readonly pose: string;
  readonly odometry?: string;
}

const topic = (example: string, description: string) =>
  text('a topic of ROS', /^\/[A-Za-z][\w/]*$/, example, description);

const ros = z
  .strictObject({
    url: text('the address of a rosbridge', /^wss?:\/\/\S+$/, 'ws://localhost:9090', 'Address of the rosbridge.'),
    pose: topic('/axond/pose', 'Where a PoseWithCovarianceStamped goes when a known place has a pose.').prefault(
      '/axond/pose',
    ),
    odometry: topic(
      '/odom',
      'Where odometry comes from (nav_msgs/Odometry). Without it none is taken.',
    ).exactOptional(),
  })
  .meta({ description: 'A ROS 2 robot that is reached over rosbridge.' });

export const place = z
  .strictObject({
    use: z.literal('axond-place'),
    map: path(
      'floor2.map',
      'File of the map. Where there is none it is learned; an existing one is matched.',
    ).exactOptional(),
    otherMaps: z
      .array(path('floor3.map', 'File of a map.'))
      .meta({
        description:
          'Maps that are there: the robot goes over to one of them, and back, where it knows the place and the present map does not.',
        example: '[floor3.map]',
      })
      .prefault([]),
    size: z
      .enum(mapSizes)
      .meta({
        description:
          'Of a map that is learned: small takes 132 bytes a place instead of 260, and finds fewer from single frames.',
      })
      .prefault('large'),
    spacing: quantity('length', '0.5m', 'From place to place, where odometry comes in. Without it by what is seen.', {
      atLeast: '1cm',
      atMost: '1000m',
    }).exactOptional(),
    recall: z
      .boolean()
      .meta({
        description:
          'Of a camera: recall places from a part of the view. What has no structure, such as what covers the lens, glare or black, says nothing, instead of looking like another place.',
      })
      .prefault(false),
    ros: ros.exactOptional(),
  })
  .meta({ description: 'Place recognition. The source is a camera or an event sensor; nothing is stimulated.' })
  .superRefine(({ map, otherMaps }, context) => {
    const refuse = (rule: string, fix: string): void =>
      context.addIssue({ code: 'custom', path: ['otherMaps'], message: objection({ rule, fix }) });
    if (otherMaps.length > 0 && map === undefined)
      refuse('are given without a map to begin with', 'Name that one under map.');
    else if (new Set([map, ...otherMaps]).size <= otherMaps.length) refuse('name a file twice', 'Name each map once.');
  })
  .transform(({ map, otherMaps, size, spacing, recall, ros }): PlacePlan => ({
    otherMaps,
    size,
    recall,
    ...(map === undefined ? {} : { map }),
    ...(spacing === undefined ? {} : { spacing }),
    ...(ros === undefined ? {} : { ros }),
  }));
