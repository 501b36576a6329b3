import { readSource } from '../download.ts';
import { WebError } from '../web_error.ts';

/** One file that the page may load. */
interface ListedFile {
  readonly file: string;
  readonly bytes: number;
}

/** What lies beside the page: the base, its discriminator, and looks. */
export interface Models {
  readonly base: ListedFile;
  readonly discriminator: ListedFile | null;
  /** Bases of smaller presets for slow devices, the largest first, with folders of their adapters by looks' names. */
  readonly smaller?: readonly {
    readonly base: string;
    readonly adapters: Readonly<Record<string, string>>;
  }[];
  readonly looks: readonly {
    readonly name: string;
    readonly label: string;
    readonly folder: string;
    readonly bytes: number;
    readonly thumbnail: string;
  }[];
}

/** An address beside the page, for workers, which would look beside themselves. */
export const beside = (file: string): string => new URL(file, document.baseURI).href;

/** Reads the list of models. @throws WebError */
export async function readModels(): Promise<Models> {
  const bytes = await readSource(beside('models.json'));
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Models;
  } catch (cause) {
    throw new WebError('download', 'models.json: is damaged; load the page again', { cause });
  }
}
