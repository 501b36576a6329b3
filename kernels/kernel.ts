/** How a kernel touches a binding. */
export type Access = 'read' | 'read_write';

/** WGSL text without an entry point of its own, and what it imports. */
export interface Fragment {
  readonly name: string;
  readonly source: string;
  readonly imports: readonly Fragment[];
}

/** One storage buffer of `@group(0)`; its position in the list is its binding number. */
export interface Binding {
  readonly name: string;
  readonly access: Access;
}

/** A texture or sampler of `@group(1)`, in the order of the binding numbers. */
export interface TextureBinding {
  readonly name: string;
  readonly kind: 'texture_external' | 'texture_2d<f32>' | 'sampler';
}

/** One 4-byte field of `Params`, the uniform at `@group(0) @binding(8)`, after the most storage buffers there may be. */
export interface Param {
  readonly name: string;
  readonly type: 'u32' | 'i32' | 'f32';
}

/**
 * A linked kernel, as `link.mjs` reflects it from a `.wgsl` file. The type parameters carry the names, so that a
 * wrong binding, param, override or core does not compile.
 */
export interface Kernel<
  Bindings extends Readonly<Record<string, Access>> = Readonly<Record<string, Access>>,
  Params extends string = string,
  Overrides extends string = string,
  Specials extends string = string,
  Cores extends string = string,
> extends Fragment {
  readonly bindings: readonly Binding[];
  /** Absent in computations, which are all kernels but the one that draws to a canvas. */
  readonly stage?: 'compute' | 'fragment';
  /** Absent in kernels that meet no picture. */
  readonly textures?: readonly TextureBinding[];
  readonly params: readonly Param[];
  readonly overrides: readonly string[];
  readonly specials: readonly string[];
  readonly cores: Readonly<Record<Cores, Fragment>>;
  /** Names only, for the compiler; never present at run time. */
  readonly types?: { bindings: Bindings; params: Params; overrides: Overrides; specials: Specials };
}

/** Any kernel, for code that does not care which. */
export type AnyKernel = Kernel<Readonly<Record<string, Access>>, string, string, string, string>;

type TypesOf<K extends AnyKernel> = NonNullable<K['types']>;
export type BindingsOf<K extends AnyKernel> = TypesOf<K>['bindings'];
export type ParamsOf<K extends AnyKernel> = TypesOf<K>['params'];
export type OverridesOf<K extends AnyKernel> = TypesOf<K>['overrides'];
export type SpecialsOf<K extends AnyKernel> = TypesOf<K>['specials'];
export type CoresOf<K extends AnyKernel> = keyof K['cores'] & string;

/** Binding number of `params`. */
export const PARAMS_BINDING = 8;
