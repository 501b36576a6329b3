import type { Shape } from '../../src/runtime/shape.ts';
import { Message } from './protobuf.ts';

/** Values of a node's attribute: a float is written `{ float: 1 }`, since JavaScript does not tell it from an integer. */
export type Attribute = number | string | readonly number[] | { readonly float: number };

/** One node of a model. */
export interface OnnxNode {
  readonly type: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** Empty for ONNX's own ops. */
  readonly domain?: string;
}

/** A constant: float32, or int64 where shapes are values. */
export interface Initializer {
  readonly name: string;
  readonly shape: Shape;
  readonly data: Float32Array<ArrayBuffer> | readonly number[];
}

/** A graph of float32 tensors. */
export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly Initializer[];
  readonly inputs: ReadonlyMap<string, Shape>;
  readonly outputs: ReadonlyMap<string, Shape>;
}

const FLOAT = 1;
const INT64 = 7;
const TYPES = { float: 1, int: 2, string: 3, ints: 7 };
const IR_VERSION = 8;
const OPSET = 17;

/** AttributeProto */
function attribute(name: string, value: Attribute): Message {
  const message = new Message().string(1, name);
  if (typeof value === 'number') return message.int(3, value).int(20, TYPES.int);
  if (typeof value === 'string')
    return message.bytes(4, new TextEncoder().encode(value)).int(20, TYPES.string);
  if ('float' in value) return message.float(2, value.float).int(20, TYPES.float);
  return message.each(value, (m, v) => m.int(8, v)).int(20, TYPES.ints);
}

/** NodeProto */
function node({ type, inputs, outputs, attributes = {}, domain = '' }: OnnxNode): Message {
  return new Message()
    .each(inputs, (m, name) => m.string(1, name))
    .each(outputs, (m, name) => m.string(2, name))
    .string(4, type)
    .each(Object.entries(attributes), (m, [name, value]) => m.message(5, attribute(name, value)))
    .string(7, domain);
}

/** TensorProto */
function tensor({ name, shape, data }: Initializer): Message {
  const isFloat = data instanceof Float32Array;
  const raw = isFloat
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(BigInt64Array.from(data, BigInt).buffer);
  return new Message()
    .each(shape, (m, size) => m.int(1, size))
    .int(2, isFloat ? FLOAT : INT64)
    .string(8, name)
    .bytes(9, raw);
}

/** ValueInfoProto of a float32 tensor. */
function valueInfo(name: string, shape: Shape): Message {
  const dimensions = new Message().each(shape, (m, size) => m.message(1, new Message().int(1, size)));
  const type = new Message().message(1, new Message().int(1, FLOAT).message(2, dimensions));
  return new Message().string(1, name).message(2, type);
}

/**
 * A whole ModelProto, opset 17 with Microsoft's contributed ops.
 *
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
export function encodeModel({ nodes, initializers, inputs, outputs }: OnnxGraph): Uint8Array<ArrayBuffer> {
  const graph = new Message()
    .each(nodes, (m, n) => m.message(1, node(n)))
    .string(2, 'bench')
    .each(initializers, (m, t) => m.message(5, tensor(t)))
    .each(inputs, (m, [name, shape]) => m.message(11, valueInfo(name, shape)))
    .each(outputs, (m, [name, shape]) => m.message(12, valueInfo(name, shape)));
  const opset = (domain: string, version: number) => new Message().string(1, domain).int(2, version);
  return new Message()
    .int(1, IR_VERSION)
    .string(2, 'e2gan bench')
    .message(7, graph)
    .message(8, opset('', OPSET))
    .message(8, opset('com.microsoft', 1))
    .finish();
}
