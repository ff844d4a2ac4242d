import { join } from './mutate-bytes.js';
import { writeZip } from './mutate-zip.js';

/** Small files as `torch.save(model.state_dict())` writes them, each with the description of its network. */
export function stateDicts(): { name: string; bytes: Uint8Array; architecture: string }[] {
  return [
    {
      name: 'convolutional',
      bytes: stateDict({
        'conv.weight': [4, 2, 3],
        'conv.bias': [4],
        'bn.weight': [4],
        'bn.bias': [4],
        'bn.running_mean': [4],
        'bn.running_var': [4],
        'fc.weight': [3, 8],
        'fc.bias': [3],
      }),
      architecture: `
input: [2, 8]
layers:
  - { conv1d: conv, stride: 2, padding: 1 }
  - { batchnorm: bn }
  - { spike: 0.4 }
  - { maxpool: 2 }
  - flatten
  - { linear: fc }
`,
    },
    {
      name: 'image',
      bytes: stateDict({ 'a.weight': [2, 1, 3, 3], 'b.weight': [2, 2], 'b.bias': [2] }),
      architecture: `
input: { shape: [1, 5, 5], spikes: 1 }
layers:
  - { conv2d: a }
  - { activation: relu }
  - { avgpool: 3 }
  - flatten
  - { linear: b }
  - { spikingjelly: { tau: 2 } }
`,
    },
  ];
}

/** Pickle of protocol 2, one storage of float32 for each tensor. */
function stateDict(shapes: Record<string, readonly number[]>): Uint8Array {
  const members = [];
  const parts = [bytesOf('\x80\x02ccollections\nOrderedDict\nq\x00)Rq\x01(')];
  for (const [at, [name, shape]] of Object.entries(shapes).entries()) {
    const count = shape.reduce((product, axis) => product * axis, 1);
    const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, next) => product * next, 1));
    parts.push(text(name), bytesOf('ctorch._utils\n_rebuild_tensor_v2\n(('));
    parts.push(text('storage'), bytesOf('ctorch\nFloatStorage\n'), text(String(at)), text('cpu'), whole(count));
    parts.push(bytesOf('tQ'), whole(0), tuple(shape), tuple(strides), bytesOf('\x89ccollections\nOrderedDict\n)RtR'));
    const values = Float32Array.from({ length: count }, (_, i) => ((i * 7 + at) % 11) / 8);
    members.push(plain(`archive/data/${at}`, new Uint8Array(values.buffer)));
  }
  parts.push(bytesOf('u.'));
  return writeZip([plain('archive/data.pkl', join(...parts)), ...members, plain('archive/version', bytesOf('3\n'))]);
}

const plain = (name: string, stored: Uint8Array) => ({ name, method: 0, stored, size: stored.length });
const bytesOf = (latin1: string): Uint8Array => Uint8Array.from(latin1, (each) => each.charCodeAt(0));
const text = (value: string): Uint8Array => join(bytesOf('X'), Uint8Array.of(value.length, 0, 0, 0), bytesOf(value));
const whole = (value: number): Uint8Array => Uint8Array.of(0x4d, value & 255, value >> 8);
const tuple = (values: readonly number[]): Uint8Array => join(bytesOf('('), ...values.map(whole), bytesOf('t'));
