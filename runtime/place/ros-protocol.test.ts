import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drivenBetween, odometryIn, placePose, poseMessage, type OdometryPose } from './ros-protocol.js';

const half = Math.SQRT1_2;
/** At (x, y), turned by quarter turns to the left. */
function at(x: number, y: number, quarters = 0): OdometryPose {
  const [z, w] = [
    [0, 1],
    [half, half],
    [1, 0],
    [-half, half],
  ][quarters] ?? [0, 1];
  return { frame: 'odom', position: { x, y, z: 0 }, orientation: { x: 0, y: 0, z: z ?? 0, w: w ?? 1 } };
}

test('what was driven is the way between two poses, backwards below 0 by where the robot looks', () => {
  assert.equal(drivenBetween(at(0, 0), at(3, 4)), 5);
  assert.equal(drivenBetween(at(1, 0), at(0, 0)), -1);
  assert.equal(drivenBetween(at(0, 0, 1), at(0, 2, 1)), 2);
  assert.equal(drivenBetween(at(0, 0, 1), at(0, -2, 1)), -2);
  assert.equal(drivenBetween(at(0, 0, 2), at(-1.5, 0, 2)), 1.5);
  assert.equal(drivenBetween(at(0, 0), at(0, 0)), 0);
});

test('the yaw of a pose, for the map', () => {
  for (const [quarters, yaw] of [
    [0, 0],
    [1, Math.PI / 2],
    [2, Math.PI],
    [3, -Math.PI / 2],
  ] as const)
    assert.ok(Math.abs(placePose(at(1, 2, quarters)).yaw - yaw) < 1e-12);
  assert.equal(placePose(at(1, 2)).frame, 'odom');
});

/** As rosbridge_suite sends a nav_msgs/msg/Odometry. */
const odometry = {
  op: 'publish',
  topic: '/odom',
  msg: {
    header: { stamp: { sec: 5, nanosec: 6 }, frame_id: 'odom' },
    child_frame_id: 'base_link',
    pose: { pose: { position: { x: 1, y: 2, z: 0 }, orientation: { x: 0, y: 0, z: 0, w: 1 } }, covariance: [] },
    twist: { twist: { linear: { x: 0, y: 0, z: 0 }, angular: { x: 0, y: 0, z: 0 } }, covariance: [] },
  },
};

test('odometry is taken from its topic alone, and from whole messages', () => {
  assert.deepEqual(odometryIn(JSON.stringify(odometry), '/odom'), at(1, 2));
  assert.equal(odometryIn(JSON.stringify(odometry), '/other'), undefined);
  assert.equal(odometryIn('{"op":"status","level":"error","msg":"no"}', '/odom'), undefined);
  assert.equal(odometryIn(JSON.stringify(odometry).replace('"x":1,', '"x":null,'), '/odom'), undefined);
  assert.equal(odometryIn('{', '/odom'), undefined);
});

test('a PoseWithCovarianceStamped of ROS 2 at the time of the frame', () => {
  const pose = { frame: 'odom', x: 1, y: 2, z: 0, yaw: Math.PI / 2 };
  const message = poseMessage('/pose', pose, 1_700_000_000_123.25, 0.5) as {
    msg: { header: unknown; pose: { pose: { orientation: { z: number; w: number } }; covariance: number[] } };
  };
  assert.deepEqual(message.msg.header, { stamp: { sec: 1_700_000_000, nanosec: 123_250_000 }, frame_id: 'odom' });
  const { orientation } = message.msg.pose.pose;
  assert.ok(Math.abs(orientation.z - half) < 1e-12 && Math.abs(orientation.w - half) < 1e-12);
  const { covariance } = message.msg.pose;
  assert.equal(covariance.length, 36);
  assert.deepEqual(
    [0, 7, 14, 21, 28, 35].map((axis) => covariance[axis]),
    [0.25, 0.25, 1e6, 1e6, 1e6, 0.0625],
  );
  assert.equal(covariance.filter((value) => value !== 0).length, 6);
});
