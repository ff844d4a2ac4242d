import { z } from 'zod';
import type { PlacePose } from '../../models/place/place-map.js';

/** What is said to a rosbridge and heard from it (rosbridge v2, JSON; messages of ROS 2). Pure. */

const point = z.object({ x: z.number(), y: z.number(), z: z.number() });
const quaternion = z.object({ x: z.number(), y: z.number(), z: z.number(), w: z.number() });
const heard = z.object({
  op: z.literal('publish'),
  topic: z.string(),
  msg: z.object({
    header: z.object({ frame_id: z.string() }),
    pose: z.object({ pose: z.object({ position: point, orientation: quaternion }) }),
  }),
});

/** Where the robot's own odometry has it. */
export interface OdometryPose {
  readonly frame: string;
  readonly position: z.infer<typeof point>;
  readonly orientation: z.infer<typeof quaternion>;
}

/** The pose in a message on the odometry's topic; undefined for any other message. */
export function odometryIn(text: string, topic: string): OdometryPose | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = heard.safeParse(json);
  if (!parsed.success || parsed.data.topic !== topic) return undefined;
  const { header, pose } = parsed.data.msg;
  return { frame: header.frame_id, ...pose.pose };
}

/** Metres from one pose to the next: the way between them, backwards below 0 by where the robot looks. */
export function drivenBetween(from: OdometryPose, to: OdometryPose): number {
  const dx = to.position.x - from.position.x;
  const dy = to.position.y - from.position.y;
  const { x, y, z, w } = to.orientation;
  const forwards = dx * (1 - 2 * (y * y + z * z)) + dy * 2 * (x * y + w * z);
  const metres = Math.sqrt(dx * dx + dy * dy);
  return forwards < 0 ? -metres : metres;
}

/** The same as a map keeps it. */
export function placePose({ frame, position, orientation }: OdometryPose): PlacePose {
  const { x, y, z, w } = orientation;
  const yaw = Math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z));
  return { frame, ...position, yaw };
}

/** Said once a connection. */
export function greetings(poseTopic: string, odometryTopic: string | undefined): object[] {
  return [
    { op: 'advertise', topic: poseTopic, type: 'geometry_msgs/msg/PoseWithCovarianceStamped' },
    ...(odometryTopic === undefined
      ? []
      : [{ op: 'subscribe', topic: odometryTopic, type: 'nav_msgs/msg/Odometry', queue_length: 1 }]),
  ];
}

/**
 * The pose of a place, at the time of the frame in which it was recognised (wall clock, in milliseconds). A place stands
 * for all positions within `spacing` metres along the route, so that is the standard deviation; it tells nothing of
 * height, roll and pitch.
 */
export function poseMessage(topic: string, pose: PlacePose, frameWallMs: number, spacing: number): object {
  const { frame, x, y, z, yaw } = pose;
  const sec = Math.floor(frameWallMs / 1000);
  const covariance = Array<number>(36).fill(0);
  const plane = spacing * spacing;
  [plane, plane, unknown, unknown, unknown, yawVariance].forEach((variance, axis) => (covariance[axis * 7] = variance));
  return {
    op: 'publish',
    topic,
    msg: {
      header: { stamp: { sec, nanosec: Math.round((frameWallMs - sec * 1000) * 1e6) }, frame_id: frame },
      pose: {
        pose: { position: { x, y, z }, orientation: { x: 0, y: 0, z: Math.sin(yaw / 2), w: Math.cos(yaw / 2) } },
        covariance,
      },
    },
  };
}

/** As ROS writes what is not known. */
const unknown = 1e6;
/** Of a quarter of a radian: further turned, other things are seen. */
const yawVariance = 0.0625;
