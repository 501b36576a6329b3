import { countedDiscriminator, networkCost, trainingMacs } from '../../model/counts.ts';
import { discriminatorFor } from '../../train/first_weights.ts';
import { curvesSvg } from '../figures/curves.ts';
import { measured } from '../trials/judge.ts';
import { meanOf, meanText } from '../trials/mean.ts';
import { claimOf, SCORE_COLUMNS, scoreCells } from './compare.ts';
import { apartFromScratch, atEqualSteps, type ByMethod, pairedWith } from './equal_steps.ts';
import { frameMilliseconds } from './latency.ts';
import { type Method, runMethods, studyMethods } from './methods.ts';
import { gridsOf } from './pictures.ts';
import { type Claim, type Section, type Study, section } from './study.ts';

const concepts = (study: Study): string => study.targets.map(({ concept }) => concept).join(', ');

function qualityTables(study: Study, methods: readonly Method[], results: ByMethod) {
  const { measure } = study;
  const perConcept = methods.map(({ id, name }) => [
    name,
    ...study.targets.map(({ concept }) => {
      const own = results.get(id)!.filter((result) => result.concept === concept);
      return meanText(meanOf(own.map(({ score }) => measured(score, measure))));
    }),
  ]);
  return [
    {
      title: `Quality, mean ± deviation over ${study.targets.length} concepts and seeds (other networks: the first of ${study.seeds.length})`,
      columns: ['method', 'steps', ...SCORE_COLUMNS],
      rows: methods.map(({ id, name, steps }) => [name, steps, ...scoreCells(results.get(id)!)]),
    },
    {
      title: `${measure.toUpperCase()} per concept`,
      columns: ['method', ...study.targets.map(({ concept }) => concept)],
      rows: perConcept,
    },
  ];
}

/** Bytes of half precision. */
const HALF = 2;

/** What a concept costs by each method: time, operations, storage; and what a frame takes. */
async function costTable(study: Study, methods: readonly Method[], results: ByMethod) {
  const { size, batch } = study.training;
  const square = { width: size, height: size };
  const judge = countedDiscriminator(discriminatorFor(study.generator));
  const rows: (string | number)[][] = [];
  for (const method of methods) {
    const own = results.get(method.id)!;
    const { trained } = own[0]!.weights;
    const macs = networkCost(method.counted, square).macs;
    const discriminator = networkCost(judge, square).macs;
    const step = trainingMacs({ generator: macs, discriminator, adapter: method.ranks !== null });
    rows.push([
      method.name,
      meanOf(own.map(({ seconds }) => seconds)).mean.toFixed(0),
      (step * batch * method.steps).toExponential(2),
      trained,
      HALF * trained,
      (macs / 1e9).toFixed(3),
      (await frameMilliseconds(study.bench.gpu, method, size)).toFixed(1),
    ]);
  }
  return {
    title: `What a concept costs, and a frame of ${size}x${size}`,
    columns: [
      'method',
      'training s',
      'training MAC',
      'weights stored',
      'bytes as f16',
      'GMAC a frame',
      'ms a frame',
    ],
    rows,
  };
}

/** The measure over training of each method on the first seed: mean over concepts. */
function curveFigure(
  { measure, seeds, training, targets }: Study,
  methods: readonly Method[],
  results: ByMethod,
) {
  const series = methods.flatMap(({ id, name }) => {
    const own = results.get(id)!.filter(({ seed, curve }) => seed === seeds[0] && curve.length > 0);
    if (own.length < targets.length) return [];
    const points = own[0]!.curve.map(({ step }, i): [number, number] => {
      const values = own.map(({ curve }) => measured(curve[i]!.score, measure));
      return [(step * training.batch) / own[0]!.pairs, meanOf(values).mean];
    });
    return [{ name, points }];
  });
  const title = `${measure.toUpperCase()} over training, mean over ${targets.length} concepts, seed ${seeds[0]}`;
  return curvesSvg({ title, x: 'epochs', y: measure.toUpperCase(), series });
}

/** The same network from scratch, after about as many steps as an adapter had. */
function claimAtEqualSteps(study: Study, results: ByMethod): Claim[] {
  const { ours, other } = atEqualSteps(study, results, 'scratch');
  if (!ours.length) return [];
  return [
    claimOf({
      claim: 'LoRA from the base is at least as good as the same network from scratch after as many steps',
      measure: study.measure,
      ...{ ours, other },
      apart: () => apartFromScratch(study, results, 'scratch'),
    }),
  ];
}

/** Quality, cost, curves and pictures of all methods, and what of the paper they bear out. */
export async function methodsSection(study: Study): Promise<Section> {
  const methods = studyMethods(study);
  const results = await runMethods(study, methods);
  const { measure, steps } = study;
  const of = (id: string) => results.get(id)!;
  const times = (steps.scratch / steps.tune).toFixed(1);
  const claim = (id: string, name: string) => {
    // Other networks have the first seed only, and so fewer to pair with.
    const rivals = of(id);
    const paired = pairedWith(rivals, of('lora'));
    return claimOf({
      claim: `LoRA from the base is at least as good as ${name} given ${times}x the steps`,
      ...{ measure, ours: paired, other: rivals },
      apart: () => apartFromScratch(study, results, id),
    });
  };
  const rivals = methods.filter(({ fromBase }) => !fromBase);
  return section({
    title: 'Methods',
    text: [
      `Target concepts: ${concepts(study)}; none of them was seen by a base. Each is learnt from ${of('lora')[0]!.pairs} pairs and judged on ${of('lora')[0]!.judged} others; the base of each seed was trained on ${study.k} clustered concepts.`,
      'Training MAC: multiply-accumulates by the convention of the published costs (forward and backward are 3 forwards of the generator, 2 for an adapter, and 8 of the discriminator). Time is wall time of this run on this machine, whatever else ran on it.',
    ],
    tables: [...qualityTables(study, methods, results), await costTable(study, methods, results)],
    figures: new Map([['curves', curveFigure(study, methods, results)]]),
    pictures: await gridsOf(study, methods),
    claims: [...rivals.map(({ id, name }) => claim(id, name)), ...claimAtEqualSteps(study, results)],
  });
}
