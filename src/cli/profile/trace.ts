import type { Phase } from '../../runtime/timeline.ts';
import type { Measured } from './measure.ts';

/** One entry of the trace event format; times in microseconds. */
interface TraceEvent {
  readonly name: string;
  readonly ph: 'X' | 'M';
  readonly pid: number;
  readonly tid: number;
  readonly ts?: number;
  readonly dur?: number;
  readonly args?: Readonly<Record<string, unknown>>;
}

const JAVASCRIPT = 1;
const GPU = 2;
const LANES = { phases: 1, compile: 2, encode: 3 } as const;

const nameOf = (what: string, pid: number, tid: number, name: string): TraceEvent => ({
  name: what,
  ph: 'M',
  pid,
  tid,
  args: { name },
});

/** A bar; `origin` is the moment of the trace's zero, in milliseconds. */
function bar(
  pid: number,
  tid: number,
  { name, begin, end }: Phase,
  origin: number,
  args?: TraceEvent['args'],
): TraceEvent {
  const event = { name, ph: 'X', pid, tid, ts: (begin - origin) * 1000, dur: (end - begin) * 1000 } as const;
  return args ? { ...event, args } : event;
}

/**
 * A trace for Perfetto (ui.perfetto.dev) or chrome://tracing: JavaScript's phases, its encoding, and the kernels of the
 * timed run. The GPU has a clock of its own: its lane begins where JavaScript's submit of that run returned, so lengths
 * are true and the shift between the two is not.
 *
 * @see the Trace Event Format
 */
export function traceOf(
  measured: Measured,
  device: string,
): { traceEvents: TraceEvent[]; otherData: object } {
  const { phases, compiled, replay, timeline } = measured;
  const { run, kernels } = timeline;
  const origin = phases[0]!.begin;
  const timed = { name: 'encode (timed run)', ...run.encoded };
  const handed = { name: 'submit (timed run)', begin: run.encoded.end, end: run.submitted };
  const javascript = (tid: number, all: readonly Phase[]) => all.map((p) => bar(JAVASCRIPT, tid, p, origin));
  const launches = run.spans.map(({ begin, end }, i) => {
    const { label, kernel, core, flops, bytes } = kernels[i]!;
    const span = { name: label, begin: begin + run.submitted, end: end + run.submitted };
    return bar(GPU, 1, span, origin, { kernel, core, flops, bytes });
  });
  return {
    traceEvents: [
      nameOf('process_name', JAVASCRIPT, 0, 'JavaScript'),
      nameOf('thread_name', JAVASCRIPT, LANES.phases, 'phases'),
      nameOf('thread_name', JAVASCRIPT, LANES.compile, 'compile'),
      nameOf('thread_name', JAVASCRIPT, LANES.encode, 'encode'),
      nameOf('process_name', GPU, 0, `GPU: ${device}`),
      nameOf('thread_name', GPU, 1, 'kernels'),
      ...javascript(LANES.phases, phases),
      ...javascript(LANES.compile, compiled),
      ...javascript(LANES.encode, [...replay, timed, handed]),
      ...launches,
    ],
    otherData: {
      device,
      clocks: 'the GPU lane is shifted: it begins where the submit of the timed run returned',
    },
  };
}
