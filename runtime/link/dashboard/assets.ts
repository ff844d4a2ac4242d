import { readFileSync, readdirSync } from 'node:fs';

export interface Asset {
  readonly type: string;
  readonly body: Buffer;
}

/** Compiled, below `dist`; what is not compiled is read where it is written. */
const compiled = new URL('./', import.meta.url);
const written = new URL('../../../../runtime/link/dashboard/page/', import.meta.url);

/** Every file of the page by the path under which it is asked for, read once. There is no other path. */
export function readAssets(): ReadonlyMap<string, Asset> {
  const assets = new Map<string, Asset>();
  const put = (path: string, type: string, file: URL): void => {
    assets.set(path, { type: `${type}; charset=utf-8`, body: readFileSync(file) });
  };
  put('/', 'text/html', new URL('index.html', written));
  put('/beds', 'text/html', new URL('beds.html', written));
  put('/style.css', 'text/css', new URL('style.css', written));
  put('/icon.svg', 'image/svg+xml', new URL('icon.svg', written));
  put('/signal-frame.js', 'text/javascript', new URL('signal-frame.js', compiled));
  for (const name of readdirSync(new URL('page/', compiled))) {
    if (!name.endsWith('.js') || name.endsWith('.test.js')) continue;
    put(`/page/${name}`, 'text/javascript', new URL(`page/${name}`, compiled));
  }
  return assets;
}
