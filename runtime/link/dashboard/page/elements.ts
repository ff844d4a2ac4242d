/** Elements of the page by their id. A page that lacks one is not ours: it fails at once, with its name. */
export function element<Kind extends HTMLElement>(id: string, kind: abstract new () => Kind): Kind {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${kind.name} #${id}`);
  return found;
}

export const text = (id: string, content: string): void => {
  const target = element(id, HTMLElement);
  if (target.textContent !== content) target.textContent = content;
};

export function show(id: string, shown: boolean): void {
  element(id, HTMLElement).hidden = !shown;
}

/** Fills a description list: names and what they are; a third entry is a class. */
export function facts(id: string, list: readonly (readonly [name: string, value: string, look?: string])[]): void {
  element(id, HTMLElement).replaceChildren(
    ...list.flatMap(([name, value, look]) => {
      const term = document.createElement('dt');
      term.textContent = name;
      const description = document.createElement('dd');
      description.textContent = value;
      if (look !== undefined) description.className = look;
      return [term, description];
    }),
  );
}

export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** The canvas in device pixels, and its size in CSS pixels. */
export interface Sheet {
  readonly context: CanvasRenderingContext2D;
  readonly width: number;
  readonly height: number;
}

/** Fits the canvas to where it stands on the page; clears it where that has changed. */
export function fit(canvas: HTMLCanvasElement): Sheet & { readonly changed: boolean } {
  const context = canvas.getContext('2d');
  if (!context) throw new Error('this browser draws no canvas');
  const ratio = Math.min(2, window.devicePixelRatio);
  const { clientWidth, clientHeight } = canvas;
  const [width, height] = [Math.round(clientWidth * ratio), Math.round(clientHeight * ratio)];
  const changed = canvas.width !== width || canvas.height !== height;
  if (changed) {
    canvas.width = width;
    canvas.height = height;
  }
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return { context, width: clientWidth, height: clientHeight, changed };
}
