/** The module that a data thread runs: beside this one, in source form or built. */
export function dataThreadUrl(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? './thread.ts' : './thread.js', import.meta.url);
}
