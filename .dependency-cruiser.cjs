// Import directions: runtime/ARCHITECTURE.md. Each rule names what a folder must not import.
const core = '^runtime/(signal|detect|decide)/';
const tests = '\\.(test|laws|fixture)\\.ts$|^test/';

function only(name, from, allowed) {
  return {
    name,
    severity: 'error',
    from: { path: from, pathNot: tests },
    to: {
      path: '^(runtime|drivers|models|firmware-bridge|test)/',
      pathNot: `${from}|^runtime/(contracts|crc32|monotonic|realtime)\\.ts$|${allowed}`,
    },
  };
}

module.exports = {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'pure-core',
      comment: 'signal, detect, decide and every protocol import no Node module and no package',
      severity: 'error',
      from: {
        path: `${core}|^drivers/[^/]+/(protocol|session)\\.ts$|^drivers/sleeper/|^models/engine/|^firmware-bridge/protocol/(fields|frame|messages)\\.ts$|^firmware-bridge/host/(clock-sync|session|link|shared|source)\\.ts$|^firmware-bridge/neurocorex/(protocol|core|board|window|place-network|twin)\\.ts$`,
        pathNot: tests,
      },
      to: { dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-optional'] },
    },
    only('contracts', '^runtime/contracts\\.ts$', '^$'),
    only('signal', '^runtime/signal/', '^$'),
    only('detect', '^runtime/detect/', '^runtime/signal/'),
    only('decide', '^runtime/decide/', '^runtime/(signal|detect)/'),
    only(
      'recording',
      '^runtime/recording/',
      '^runtime/loop/(records|ring|sample-slot|picture-slot|sample-block)\\.ts$|^runtime/guardian/delivery-lines\\.ts$|^runtime/timing/sounded-stimuli\\.ts$',
    ),
    only(
      'guardian',
      '^runtime/guardian/',
      '^drivers/[^/]+/actuator\\.ts$|^drivers/(serial|gpio)/|^firmware-bridge/host/actuator\\.ts$|^runtime/study/(allocation|sealed-files|uses)\\.ts$',
    ),
    only(
      'study',
      '^runtime/study/',
      '^runtime/recording/|^runtime/recorder/budget-file\\.ts$|^runtime/timing/sounded-stimuli\\.ts$',
    ),
    only('recorder', '^runtime/recorder/', '^runtime/(recording|loop)/'),
    only(
      'link',
      '^runtime/link/',
      '^runtime/(recording|loop|signal)/|^runtime/study/(alarm-rules|night|night-log|rest-call)\\.ts$|^runtime/guardian/silence\\.ts$|^drivers/lsl/',
    ),
    only(
      'loop',
      '^runtime/loop/',
      '^runtime/(signal|detect|decide)/|^runtime/guardian/command\\.ts$|^drivers/|^models/(format|engine|int8)/|^models/(load-model|model-file)\\.ts$',
    ),
    only(
      'config',
      '^runtime/config/',
      '^runtime/(signal|detect|decide|loop)/|^runtime/guardian/(actuators|stop-input)\\.ts$|^runtime/recording/storage\\.ts$|^models/model-file\\.ts$|^drivers/',
    ),
    only(
      'replay',
      '^runtime/replay/',
      '^runtime/(loop|place|recording|recorder|config)/|^runtime/guardian/actuators\\.ts$|^drivers/file/',
    ),
    only('evaluate', '^runtime/evaluate/', '^runtime/(loop|detect|signal)/|^drivers/(file|images)/|^models/place/'),
    only(
      'supervisor',
      '^runtime/supervisor/',
      '^runtime/(loop|place|recorder|recording|link|guardian|config|timing|study)/|^drivers/',
    ),
    only(
      'place-loop',
      '^runtime/place/',
      '^runtime/(loop|recording)/|^drivers/|^models/place/|^models/format/model-error\\.ts$',
    ),
    only('impedance', '^runtime/impedance/', '^runtime/loop/sample-block\\.ts$|^drivers/'),
    only('timing', '^runtime/timing/', '^runtime/(guardian|loop|recording)/|^drivers/'),
    only('drivers', '^drivers/', '^runtime/signal/|^firmware-bridge/host/source\\.ts$'),
    only('format', '^models/format/', '^$'),
    only('engine', '^models/engine/', '^models/format/|^runtime/signal/math\\.ts$'),
    only('int8', '^models/int8/', '^models/format/|^runtime/signal/math\\.ts$'),
    only('learn', '^models/learn/', '^models/(format|engine)/|^runtime/signal/math\\.ts$'),
    only(
      'train',
      '^models/train/',
      '^models/(format|engine)/|^models/write-atomically\\.ts$|^runtime/signal/math\\.ts$',
    ),
    only(
      'spindle',
      '^models/spindle/',
      '^models/(format|train|learn)/|^runtime/(detect|evaluate|signal)/|^runtime/loop/sample-block\\.ts$|^drivers/(file|sleeper)/',
    ),
    only(
      'place',
      '^models/place/',
      '^models/(format|engine)/|^models/write-atomically\\.ts$|^runtime/signal/(math|random)\\.ts$',
    ),
    only(
      'bridge-host',
      '^firmware-bridge/host/',
      '^firmware-bridge/protocol/|^drivers/serial/|^drivers/audio/level\\.ts$',
    ),
    only('bridge-protocol', '^firmware-bridge/protocol/', '^$'),
    only('neurocorex', '^firmware-bridge/neurocorex/', '^drivers/serial/|^models/(format|engine)/'),
    only('motion', '^models/motion/', '^$'),
    only('tensorflow', '^models/tensorflow/', '^models/(format|engine)/'),
    only('hybrid', '^models/hybrid/', '^models/format/'),
    only('import', '^models/import/', '^models/(format|engine|int8)/|^runtime/signal/math\\.ts$'),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    exclude: { path: '^dist' },
  },
};
