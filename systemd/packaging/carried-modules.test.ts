import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLoaded } from './carried-modules.js';

test('of a module what programs load is kept, and what people read or compile is not', () => {
  const kept = [
    'yaml/dist/doc/Document.js',
    'zod/v4/classic/external.cjs',
    '@serialport/bindings-cpp/prebuilds/linux-arm64/@serialport+bindings-cpp.armv8.glibc.node',
    'better-sqlite3/build/Release/better_sqlite3.node',
    'protobufjs/google/protobuf/descriptor.proto',
    'a/node_modules/b/test.js',
    'a/node_modules/@scope/b/lib/tests/kept.js',
  ];
  const gone = [
    'mqtt/README.md',
    'zod/src/index.ts',
    'ws/index.d.ts',
    'pino/test/basic.test.js',
    'a/node_modules/@scope/b/test/x.js',
    '.package-lock.json',
    'pino/.github/workflow.js',
    '.bin/semver',
    'better-sqlite3/deps/sqlite3/sqlite3.c',
    'better-sqlite3/build/Release/test_extension.node',
    'better-sqlite3/build/Release/obj.target/better_sqlite3.node',
    'koffi/src/koffi/call.S',
    'better-sqlite3/deps/download.sh',
    'onoff/integration-test/run-tests',
  ];
  assert.deepEqual(
    [...kept, ...gone].filter((path) => isLoaded(path)),
    kept,
  );
});
