import type { FaultKind } from './scenario.js';
import type { Truth } from './head.js';
import type { World } from './world.js';

/** Does to the world what a kind of fault names, or what somebody asks for. How much of it the seed decides. */
export function inflict(world: World, kind: FaultKind): void {
  const { random, schedule, disk, core, guardian, head } = world;
  if (schedule.nowUs >= world.scenario.healedUs) return;
  world.exact(3e6);
  world.trace(() => `>>> ${kind}`);
  world.checker.faults++;
  const lasting = (us: number, end: () => void): void => void schedule.after(us, end);
  const stateOfSleeper = (truth: Truth): void => {
    head.truth = truth;
    lasting(random.between(0.3e6, 40e6), () => {
      if (head.truth === truth) head.truth = 'asleep';
    });
  };
  switch (kind) {
    case 'core killed':
      core?.kill();
      break;
    case 'core killed while it writes':
      world.coreDying = random.chance(0.5) ? 'before a write' : 'after a write';
      break;
    case 'core stopped':
      core?.standStill(pauseUs(random.next()));
      break;
    case 'loop dies':
      core?.loopDied();
      break;
    case 'loop wedged':
      core?.wedgeLoop(pauseUs(random.next()));
      break;
    case 'supervisor stalled':
      core?.main.stopUntil(schedule.nowUs + pauseUs(random.next()));
      break;
    case 'recorder dies':
      core?.recorderDied();
      break;
    case 'guardian killed':
      guardian?.kill();
      break;
    case 'guardian killed while it fires':
      if (guardian) guardian.diesAtTouch = 1 + random.whole(6);
      break;
    case 'guardian stopped':
      guardian?.standStill(pauseUs(random.next()));
      break;
    case 'command thread stalled':
      guardian?.commands.stopUntil(schedule.nowUs + pauseUs(random.next()));
      break;
    case 'link killed':
      world.linkIsDead = true;
      lasting(random.between(0.5e6, 3e6), () => (world.linkIsDead = false));
      break;
    case 'machine stalled':
      world.standStill(pauseUs(random.next()));
      break;
    case 'power cut':
      world.powerOff(false);
      break;
    case 'reboot':
      world.powerOff(true);
      break;
    case 'clean restart':
      core?.stop();
      break;
    case 'disk full': {
      disk.freeBytes = random.pick([0, 0, 10e6, 40e6]);
      disk.lowSinceUs = schedule.nowUs;
      lasting(random.between(2e6, 90e6), () => (disk.freeBytes = world.scenario.freeBytes));
      break;
    }
    case 'disk slow':
      disk.slownessUs = random.pick([50e3, 500e3, 3e6, 12e6]);
      lasting(random.between(5e6, 40e6), () => (disk.slownessUs = 0));
      break;
    case 'commits fail':
      disk.failing = true;
      lasting(random.between(0.1e6, 5e6), () => (disk.failing = false));
      break;
    case 'budget damaged':
      disk.budgetDamaged = true;
      break;
    case 'budget missing':
      disk.budgetIsGone = true;
      break;
    case 'lines fail':
      world.linesFail = true;
      lasting(random.between(0.5e6, 20e6), () => (world.linesFail = false));
      break;
    case 'mailboxes full':
      world.mailboxesFull = true;
      lasting(random.between(0.1e6, 5e6), () => (world.mailboxesFull = false));
      break;
    case 'receipts late':
      world.receiptDelayUs = random.pick([20e3, 500e3, 4e6]);
      lasting(random.between(5e6, 30e6), () => (world.receiptDelayUs = 0));
      break;
    case 'record damaged':
      world.damagesNextWrite = true;
      break;
    case 'device fails to fire':
      fails(world, 'fire');
      break;
    case 'device fails to rest':
      fails(world, 'rest');
      break;
    case 'frames lost':
      head.toLose = 1 + random.whole(random.pick([2, 10, 4 * world.scenario.rate]));
      break;
    case 'saturation':
      stateOfSleeper('rail');
      break;
    case 'flat line':
      stateOfSleeper('flat');
      break;
    case 'awake':
      stateOfSleeper('awake');
      break;
    case 'doubtful sleep':
      stateOfSleeper('doubtful');
      break;
    case 'unplugged':
      world.unplug(random.between(0.5e6, 30e6));
      break;
    case 'frames late':
      world.lateUntilUs = schedule.nowUs + random.between(20e3, 800e3);
      break;
    case 'device clock steps':
      head.stepClock(random.between(-300e3, 300e3));
      break;
    case 'wall clock set':
      world.clocks.wallStepMs += random.between(-4e6, 4e6);
      break;
    case 'broker lost':
      world.brokerIsLost = true;
      lasting(random.between(1e6, 60e6), () => (world.brokerIsLost = false));
      break;
    case 'disarm':
      core?.disarm();
      break;
    case 'arm anew':
      core?.arm({ forSeconds: 600 });
      break;
    case 'lower':
      core?.lower(1 + random.whole(3), 3 + random.whole(10));
      break;
    case 'silence':
    case 'stop input':
      guardian?.silence(kind);
      break;
    case 'remote silence':
    case 'remote disarm':
    case 'remote lower':
    case 'remote arm':
      world.remote(kind.slice('remote '.length));
      break;
  }
}

function fails(world: World, what: 'fire' | 'rest'): void {
  const { guardian } = world;
  if (!guardian) return;
  guardian.actuator.failing = what;
  world.schedule.after(world.random.between(1e6, 20e6), () => {
    if (guardian.actuator.failing === what) guardian.actuator.failing = '';
  });
}

/** From a hiccup to seconds, as many of each order. */
function pauseUs(place: number): number {
  return 10e3 * 600 ** place;
}
