import type { Picture } from '../../model/picture.ts';
import { meanAbsoluteError } from '../../train/metrics.ts';
import { UserError } from '../errors.ts';
import { encodePng } from '../images/png.ts';
import type { Size } from '../options.ts';
import type { PairFolder } from './pair_folder.ts';
import type { Source } from './sources.ts';

/** Pictures of one file made by two versions of a decoder differ less, other pictures more. */
const SAME_PICTURE = 0.02;

/** The sources' sides of pairs: files in `input/`, and what teachers are shown. Each is made once while it is in use. */
export class Inputs {
  /** Reasons why sources cannot be used, by name. */
  readonly unusable = new Map<string, string>();
  readonly #folder: PairFolder;
  readonly #teacherSize: Size;
  readonly #kept: number;
  readonly #shown = new Map<string, Promise<Buffer | undefined>>();

  /** @param kept how many sources may be in use at once */
  constructor(folder: PairFolder, teacherSize: Size, kept: number) {
    this.#folder = folder;
    this.#teacherSize = teacherSize;
    this.#kept = kept;
  }

  /**
   * The PNG to show to the teacher, `input/<name>` being in place; undefined where the source cannot be used.
   * @throws UserError where nothing can be written
   */
  shown(source: Source): Promise<Buffer | undefined> {
    const known = this.#shown.get(source.name);
    if (known) return known;
    if (this.#shown.size >= this.#kept) this.#shown.delete(this.#shown.keys().next().value!);
    const made = this.#make(source);
    this.#shown.set(source.name, made);
    return made;
  }

  async #make(source: Source): Promise<Buffer | undefined> {
    const { size } = this.#folder;
    const pictures = await this.#load(source);
    if (!pictures) return undefined;
    const path = this.#folder.input(source.name);
    const before = await this.#folder.read(path);
    if (!before) await this.#folder.write(path, pictures.input);
    else if (meanAbsoluteError(before, pictures.input) > SAME_PICTURE) {
      this.unusable.set(source.name, `${source.name}: the source is not what ${path} was made from`);
      return undefined;
    }
    const isSame = size.width === this.#teacherSize.width && size.height === this.#teacherSize.height;
    return encodePng(isSame && before ? before : pictures.shown);
  }

  async #load(source: Source): Promise<{ input: Picture; shown: Picture } | undefined> {
    try {
      return {
        input: await source.load(this.#folder.size),
        shown: await source.load(this.#teacherSize),
      };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.unusable.set(source.name, error.message);
      return undefined;
    }
  }
}
