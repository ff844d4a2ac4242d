import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CallGraph } from './stack.js';

// As GCC 12 writes it.
const one = `graph: { title: "/a/one.c"
node: { title: "/a/one.c:inner" label: "inner\\n/a/one.c:3:13\\n24 bytes (static)" }
node: { title: "outer" label: "outer\\n/a/one.c:9:6\\n8 bytes (static)" }
node: { title: "elsewhere" label: "elsewhere\\n/a/two.h:12:10" shape : ellipse }
edge: { sourcename: "outer" targetname: "/a/one.c:inner" label: "/a/one.c:10:3" }
edge: { sourcename: "outer" targetname: "elsewhere" label: "/a/one.c:11:3" }
edge: { sourcename: "/a/one.c:inner" targetname: "memcpy" }
}`;
const two = `graph: { title: "/a/two.c"
node: { title: "elsewhere" label: "elsewhere\\n/a/two.c:1:10\\n40 bytes (static)" }
}`;

describe('the bound on the stack', () => {
  it('is that of the deepest calls, across files, and names what it does not count', () => {
    assert.deepEqual(new CallGraph([one, two]).bound('outer'), {
      bytes: 48,
      path: ['outer', 'elsewhere'],
      uncounted: ['memcpy'],
    });
    assert.deepEqual(new CallGraph([one]).bound('outer'), {
      bytes: 32,
      path: ['outer', 'inner'],
      uncounted: ['elsewhere', 'memcpy'],
    });
  });

  it('is refused where there is none', () => {
    const edge = (from: string, to: string) => `${one}\nedge: { sourcename: "${from}" targetname: "${to}" }\n`;
    assert.throws(
      () => new CallGraph([edge('/a/one.c:inner', 'outer')]).bound('outer'),
      /outer → inner → outer: a recursion/,
    );
    assert.throws(() => new CallGraph([edge('/a/one.c:inner', '__indirect_call')]), /inner: calls through a pointer/);
    assert.throws(
      () => new CallGraph([one.replace('24 bytes (static)', '24 bytes (dynamic)')]),
      /inner: its stack grows/,
    );
    assert.throws(() => new CallGraph([one]).bound('missing'), /missing: is no function/);
  });
});
