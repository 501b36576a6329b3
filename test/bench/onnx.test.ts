import protobuf from 'protobufjs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { GraphBuilder, namedNodes } from '../../bench/graph/graph.ts';
import { generatorGraph, resnetGraph, unetGraph } from '../../bench/graph/networks.ts';
import { drawValues } from '../../bench/graph/values.ts';
import { encodeModel } from '../../bench/onnx/model.ts';
import { varint } from '../../bench/onnx/protobuf.ts';
import { toOnnx } from '../../bench/onnx/translate.ts';
import { generatorPresets } from '../../src/model/generator_spec.ts';
import { product } from '../../src/runtime/shape.ts';

// The messages of onnx.proto that are written, read by another implementation of protocol buffers.
const SCHEMA = `syntax = "proto2";
message Attribute { optional string name = 1; optional float f = 2; optional int64 i = 3; optional bytes s = 4;
  repeated int64 ints = 8; optional int32 type = 20; }
message Node { repeated string input = 1; repeated string output = 2; optional string op_type = 4;
  repeated Attribute attribute = 5; optional string domain = 7; }
message Tensor { repeated int64 dims = 1; optional int32 data_type = 2; optional string name = 8; optional bytes raw_data = 9; }
message Dimension { optional int64 dim_value = 1; }
message Shape { repeated Dimension dim = 1; }
message TensorType { optional int32 elem_type = 1; optional Shape shape = 2; }
message Type { optional TensorType tensor_type = 1; }
message ValueInfo { optional string name = 1; optional Type type = 2; }
message Graph { repeated Node node = 1; optional string name = 2; repeated Tensor initializer = 5;
  repeated ValueInfo input = 11; repeated ValueInfo output = 12; }
message OperatorSet { optional string domain = 1; optional int64 version = 2; }
message Model { optional int64 ir_version = 1; optional string producer_name = 2; optional Graph graph = 7;
  repeated OperatorSet opset_import = 8; }`;
const Model = protobuf.parse(SCHEMA, { keepCase: true }).root.lookupType('Model');

// biome-ignore lint/suspicious/noExplicitAny: what protobufjs decodes has no type
const decode = (bytes: Uint8Array): any =>
  Model.toObject(Model.decode(bytes), { longs: Number, arrays: true, defaults: true });

test('varints have seven bits a byte, negative numbers ten bytes', () => {
  assert.equal([...varint(0)], [0]);
  assert.equal([...varint(127)], [127]);
  assert.equal([...varint(300)], [0xac, 0x02]);
  assert.is(varint(-1).length, 10);
});

test('a model says what it was built from', () => {
  const model = decode(
    encodeModel({
      nodes: [
        {
          type: 'Conv',
          inputs: ['x', 'w'],
          outputs: ['y'],
          attributes: { strides: [2, 1], axis: -1, mode: 'reflect', epsilon: { float: 0.5 } },
          domain: 'com.microsoft',
        },
      ],
      initializers: [
        { name: 'w', shape: [2, 1], data: Float32Array.of(1.5, -2) },
        { name: 'shape', shape: [2], data: [3, -1] },
      ],
      inputs: new Map([['x', [1, 3]]]),
      outputs: new Map([['y', [1]]]),
    }),
  );
  assert.is(model.ir_version, 8);
  assert.equal(
    model.opset_import.map((o: { domain: string; version: number }) => [o.domain, o.version]),
    [
      ['', 17],
      ['com.microsoft', 1],
    ],
  );
  const { node, initializer, input, output } = model.graph;
  assert.equal(
    [node[0].op_type, node[0].domain, node[0].input, node[0].output],
    ['Conv', 'com.microsoft', ['x', 'w'], ['y']],
  );
  const [strides, axis, mode, epsilon] = node[0].attribute;
  assert.equal([strides.ints, strides.type], [[2, 1], 7]);
  assert.equal([axis.i, axis.type], [-1, 2]);
  assert.equal([Buffer.from(mode.s).toString(), mode.type], ['reflect', 3]);
  assert.equal([epsilon.f, epsilon.type], [0.5, 1]);
  assert.equal([initializer[0].dims, initializer[0].data_type], [[2, 1], 1]);
  assert.equal(new Float32Array(Uint8Array.from(initializer[0].raw_data).buffer), Float32Array.of(1.5, -2));
  assert.equal([initializer[1].dims, initializer[1].data_type], [[2], 7]);
  assert.equal(new BigInt64Array(Uint8Array.from(initializer[1].raw_data).buffer), BigInt64Array.of(3n, -1n));
  const { elem_type, shape } = input[0].type.tensor_type;
  assert.equal(
    [input[0].name, elem_type, shape.dim.map((d: { dim_value: number }) => d.dim_value)],
    ['x', 1, [1, 3]],
  );
  assert.is(output[0].name, 'y');
});

test('a network’s model is closed: every name read was written, every name written once', () => {
  const small = { ...generatorPresets.paper, width: 8, heads: 2, context: 12 };
  const graphs = [
    generatorGraph(small, 32),
    resnetGraph({ width: 8, blocks: 2 }, 32),
    unetGraph({ width: 4 }, 256),
  ];
  for (const graph of graphs)
    for (const form of ['MultiHeadAttention', 'MatMul'] as const) {
      const { nodes, initializers, inputs, outputs } = toOnnx(graph, drawValues(namedNodes(graph)), form);
      const known = new Set([...inputs.keys(), ...initializers.map(({ name }) => name)]);
      assert.is(known.size, inputs.size + initializers.length);
      for (const node of nodes) {
        for (const name of node.inputs) assert.ok(known.has(name), `${node.type} reads ${name}`);
        for (const name of node.outputs) {
          assert.not.ok(known.has(name), `${name} is written twice`);
          known.add(name);
        }
      }
      assert.equal(
        [...outputs],
        [['y', [1, 3, graph.nodes.at(-1)!.shape[1]!, graph.nodes.at(-1)!.shape[2]!]]],
      );
      for (const { shape, data } of initializers) assert.is(data.length, product(shape));
    }
});

test('a transposed convolution’s weight becomes [in, out, kh, kw], its attributes those of ONNX', () => {
  const g = new GraphBuilder();
  const w = g.weight('w', 'conv_transpose2d', [3, 3, 5, 7]);
  const graph = g.finish({ y: g.convTranspose2d(g.input('x', [1, 4, 4, 7]), w, null, 1, 1) });
  const { initializers, nodes, inputs, outputs } = toOnnx(graph, drawValues(namedNodes(graph)), 'MatMul');
  assert.equal(initializers[0]!.shape, [7, 5, 3, 3]);
  assert.equal(nodes[0]!.attributes, { strides: [2, 2], pads: [1, 1, 1, 1], output_padding: [1, 1] });
  assert.equal(
    [inputs.get('x'), outputs.get('y')],
    [
      [1, 7, 4, 4],
      [1, 5, 8, 8],
    ],
  );
});

test.run();
