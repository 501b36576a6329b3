import { UserError } from '../../src/cli/errors.ts';
import { Browser } from './browser.ts';
import { type ServedPage, servePage } from './server.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Serves a page, opens it in a browser and waits for what it posts; `option` is what asked for it. @throws UserError where it fails or falls silent */
export async function runPage(
  option: string,
  page: ServedPage,
  chromium: string,
  patience: number,
  say: (line: string) => void,
): Promise<unknown> {
  let browser: Browser | null = null;
  let fail!: (error: UserError) => void;
  let succeed!: (result: unknown) => void;
  const result = new Promise<unknown>((resolve, reject) => {
    [succeed, fail] = [resolve, reject];
  });
  // The browser may be opened last of all; a failure before that must not count as unheard.
  result.catch(() => {});
  const interrupt = () => fail(new UserError(`${option}: stopped`));
  for (const signal of SIGNALS) process.once(signal, interrupt);
  let timer: NodeJS.Timeout | undefined;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(
      () => fail(new UserError(`${option}: the page is silent for ${patience} s; raise --patience`)),
      patience * 1000,
    );
  };
  const server = await servePage({
    ...page,
    processorTime: async () => {
      wait();
      return (await browser?.processorTime()) ?? 0;
    },
    say,
    done: succeed,
    failed: (reason) => fail(new UserError(`${option}: the page failed: ${reason}`)),
  });
  try {
    wait();
    browser = await Browser.open(chromium, server.url, page.flags);
    void browser.ended.then((why) => fail(new UserError(`${option}: ${chromium}: ${why}`)));
    return await result;
  } finally {
    clearTimeout(timer);
    for (const signal of SIGNALS) process.off(signal, interrupt);
    server.close();
    await browser?.close();
  }
}
