import type { Page } from 'playwright-core';
import * as assert from 'uvu/assert';

// What the app owes to who has no pointer, or sees little: all controls by Tab, a focus that is seen, names, contrast.

const PANELS = ['looks', 'train', 'details'] as const;
const MOST_STOPS = 120;
/** WCAG 2, 1.4.3. */
const LEAST_CONTRAST = 4.5;

/** What answers a pointer now, by numbers that are put on the elements: Tab reaches one of a group of radios or tabs. */
const controls = (tab: Page): Promise<string[]> =>
  tab.evaluate(() => {
    const all = document.querySelectorAll<HTMLElement>(
      'button, a[href], input, select, [role=slider], canvas[tabindex]',
    );
    return [...all].flatMap((control, i) => {
      control.dataset.stop = String(i);
      const isOff = control.matches(':disabled') || control.closest('[hidden], [inert]') !== null;
      const isOther = control.matches('[type=radio]:not(:checked), [aria-selected=false]');
      return isOff || isOther ? [] : [String(i)];
    });
  });

/** The element that has the focus, and whether that is seen; null for the page itself. */
const focused = (tab: Page): Promise<{ id: string; isSeen: boolean } | null> =>
  tab.evaluate(() => {
    const active = document.activeElement as HTMLElement;
    if (active === document.body) return null;
    // A file's input is a point; its label is what is seen.
    const shown = active.matches('[type=file]') ? active.closest('label')! : active;
    const { outlineStyle, outlineWidth } = getComputedStyle(shown);
    const { width, height } = shown.getBoundingClientRect();
    const isSeen = outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2 && width > 8 && height > 8;
    return { id: active.dataset.stop ?? active.outerHTML.slice(0, 80), isSeen };
  });

/** Tab reaches every control of every panel once, and each is seen to have the focus. */
export async function checkWalk(tab: Page): Promise<void> {
  for (const panel of PANELS) {
    await tab.click(`#tab-${panel}`);
    const wanted = await controls(tab);
    const reached: string[] = [];
    for (let stop = 0; stop < MOST_STOPS; stop++) {
      await tab.keyboard.press('Tab');
      const at = await focused(tab);
      // Past the last one it leaves the page, and comes back to the first.
      if (!at) continue;
      if (reached.includes(at.id)) break;
      reached.push(at.id);
      assert.ok(at.isSeen, `${panel}: nobody sees that ${at.id} has the focus`);
    }
    const sorted = (ids: string[]) => [...ids].sort((a, b) => Number(a) - Number(b));
    assert.equal(sorted(reached), sorted(wanted), panel);
  }
}

/** Every control has a role and a name, and no two of a panel have the same. */
export async function checkNames(tab: Page): Promise<void> {
  const role =
    /^\s*- '?(button|link|slider|combobox|textbox|spinbutton|radio|tab|checkbox)\b(?: "((?:[^"\\]|\\.)*)")?/gm;
  for (const panel of PANELS) {
    await tab.click(`#tab-${panel}`);
    const tree = await tab.locator('body').ariaSnapshot();
    const names = [...tree.matchAll(role)].map(([, kind, name]) => `${kind} ${name ?? ''}`);
    assert.ok(names.length > 10, tree);
    for (const name of names) assert.match(name, /^\w+ \S/, tree);
    assert.equal(names, [...new Set(names)], `${panel}: two of one name`);
  }
}

/** Texts that cannot be read on what lies behind them, with their contrast; over the picture, on a white one. */
const faint = (tab: Page, least: number): Promise<string[]> =>
  tab.evaluate((limit) => {
    type Colour = readonly [number, number, number, number];
    const parse = (text: string): Colour => {
      const [r = 0, g = 0, b = 0, a = 1] = text.match(/[\d.]+/g)!.map(Number);
      return [r, g, b, a];
    };
    const over = (top: Colour, under: Colour): Colour => {
      const mixed = [0, 1, 2].map((i) => top[3] * top[i]! + (1 - top[3]) * under[i]!);
      return [mixed[0]!, mixed[1]!, mixed[2]!, 1];
    };
    const behind = (element: Element | null): Colour => {
      if (!element || element.id === 'screen') return [255, 255, 255, 1];
      const own = parse(getComputedStyle(element).backgroundColor);
      return own[3] === 1 ? own : over(own, behind(element.parentElement));
    };
    const luminance = (colour: Colour): number => {
      const [r, g, b] = colour.map((v) => {
        const part = v / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
    };
    return [...document.body.querySelectorAll('*')].flatMap((element) => {
      const isText = [...element.childNodes].some(
        (n) => n.nodeType === Node.TEXT_NODE && n.nodeValue!.trim(),
      );
      if (!isText || !element.checkVisibility() || element.closest(':disabled, script')) return [];
      const back = behind(element);
      const text = over(parse(getComputedStyle(element).color), back);
      const [dark, light] = [luminance(text), luminance(back)].sort((a, b) => a - b);
      const contrast = (light! + 0.05) / (dark! + 0.05);
      return contrast < limit ? [`${contrast.toFixed(2)} ${element.outerHTML.slice(0, 100)}`] : [];
    });
  }, least);

/** All texts have enough contrast, by day and by night. */
export async function checkContrast(tab: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await tab.emulateMedia({ colorScheme });
    for (const panel of PANELS) {
      await tab.click(`#tab-${panel}`);
      assert.equal(await faint(tab, LEAST_CONTRAST), [], `${colorScheme}, ${panel}`);
    }
  }
  assert.ok((await faint(tab, 22)).length > 10, 'texts are looked at');
  await tab.emulateMedia({ colorScheme: null });
}

/** Presses Tab until an element has the focus. */
export async function tabTo(tab: Page, selector: string): Promise<void> {
  for (let stop = 0; stop < MOST_STOPS; stop++) {
    if (await tab.locator(selector).evaluate((element) => element === document.activeElement)) return;
    await tab.keyboard.press('Tab');
  }
  assert.unreachable(`Tab does not reach ${selector}`);
}
