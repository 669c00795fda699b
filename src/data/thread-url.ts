/** The module that a data thread runs. The build writes the built file's name in its place. */
export function dataThreadUrl(): URL {
  return new URL('./thread.ts', import.meta.url);
}
