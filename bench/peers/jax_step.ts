import type { Array as JaxArray, valueAndGrad as ValueAndGrad, vjp as Vjp } from '@jax-js/jax';
import type { StepWork } from '../protocol.ts';
import { type Jax, runGraph } from './jax_graph.ts';

// src/train/gan_step.ts once more, in jax-js.

/** Arrays by name. */
export type Named = Record<string, JaxArray>;

/** All that a step changes. */
export interface StepState {
  readonly trained: Named;
  readonly judge: Named;
  readonly m: Named;
  readonly v: Named;
}

/** One step's arguments besides the state: Adam's 1 - beta^step for both betas. */
export interface StepInputs {
  readonly frozen: Named;
  readonly source: JaxArray;
  readonly target: JaxArray;
  readonly context: JaxArray;
  readonly corrections: JaxArray;
}

const refs = (named: Named): Named => Object.fromEntries(Object.entries(named).map(([n, x]) => [n, x.ref]));

/** mean (score - goal)^2 */
const lsgan = ({ np }: Jax, score: JaxArray, goal: number): JaxArray => np.mean(np.square(score.sub(goal)));

/** A step as a function of arrays, to be compiled: state in, state and losses out. The generator runs once, as ours does. */
export function makeStep(jax: Jax, valueAndGrad: typeof ValueAndGrad, vjp: typeof Vjp, work: StepWork) {
  const { np } = jax;
  const judge = (weights: Named, source: JaxArray, picture: JaxArray): JaxArray =>
    runGraph(jax, work.discriminator, { ...weights, source, picture }).score!;

  /** Adam as PyTorch defines it. */
  const descend = (weights: Named, grads: Named, { m, v }: StepState, corrections: JaxArray) => {
    const { lr, beta1, beta2, eps } = work.adam;
    const [next, nextM, nextV]: [Named, Named, Named] = [{}, {}, {}];
    for (const [name, w] of Object.entries(weights)) {
      const g = grads[name]!;
      const first = m[name]!.mul(beta1).add(g.ref.mul(1 - beta1));
      const second = v[name]!.mul(beta2).add(np.square(g).mul(1 - beta2));
      const rate = first.ref.div(corrections.ref.slice(0)).mul(lr);
      const root = np.sqrt(second.ref.div(corrections.ref.slice(1))).add(eps);
      next[name] = w.sub(rate.div(root));
      nextM[name] = first;
      nextV[name] = second;
    }
    return { next, nextM, nextV };
  };

  return (state: StepState, inputs: StepInputs) => {
    const { frozen, source, target, context, corrections } = inputs;
    const generate = (trained: Named): JaxArray =>
      runGraph({ ...jax, zeros: true }, work.generator, { ...frozen, ...trained, source, context }).y!;
    const [fake, pullBack] = vjp(generate, [refs(state.trained)]) as unknown as [
      JaxArray,
      (dy: JaxArray) => [Named],
    ];
    const judgeLoss = (weights: Named): JaxArray => {
      const real = lsgan(jax, judge(weights, source, target), 1);
      return real.add(lsgan(jax, judge(weights, source, fake), 0)).mul(0.5);
    };
    const [d, judgeGrads] = valueAndGrad(judgeLoss)(refs(state.judge)) as unknown as [JaxArray, Named];
    const moved = descend(state.judge, judgeGrads, state, corrections);
    const pictureLoss = (picture: JaxArray): [JaxArray, JaxArray] => {
      const gan = lsgan(jax, judge(moved.next, source, picture), 1);
      const l1 = np.mean(np.abs(picture.ref.sub(target.ref)));
      return [gan.ref.add(l1.ref.mul(work.lambdaL1)), np.stack([gan, l1])];
    };
    const [[, losses], dFake] = valueAndGrad(pictureLoss, { hasAux: true })(fake.ref) as unknown as [
      [JaxArray, JaxArray],
      JaxArray,
    ];
    const [grads] = pullBack(dFake);
    const own = descend(state.trained, grads, state, corrections);
    return {
      state: {
        trained: own.next,
        judge: moved.next,
        m: { ...own.nextM, ...moved.nextM },
        v: { ...own.nextV, ...moved.nextV },
      },
      losses: np.concatenate([d.reshape([1]), losses]),
    };
  };
}
