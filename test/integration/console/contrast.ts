/** Whether what is written on a page can be read: contrast as WCAG 2.2 defines it, of every visible text on its ground. */
import type { Page } from 'playwright-core';

/** Texts with less than 4.5 to 1 (3 to 1 when large), and how many texts were looked at. */
export interface Contrast {
  readonly texts: number;
  readonly poor: readonly string[];
}

const measure = `(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ground = (element) => {
    for (let one = element; one !== null; one = one.parentElement) {
      const colour = rgba(getComputedStyle(one).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255, 255];
  };
  const poor = [];
  let texts = 0;
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== '');
    if (!own || element.closest('svg, .unseen, .skip, :disabled') || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const [a, b] = [light(rgba(style.color)), light(ground(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    texts++;
    if (ratio < (isLarge ? 3 : 4.5))
      poor.push(ratio.toFixed(2) + ' ' + element.outerHTML.slice(0, 90));
  }
  return { texts, poor };
})()`;

export function contrastOf(page: Page): Promise<Contrast> {
  return page.evaluate<Contrast>(measure);
}
