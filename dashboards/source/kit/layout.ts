/** Where panels stand: sections from top to bottom, lines in them, and panels from left to right on Grafana's 24 columns. */
import {
  type GridPos,
  type Panel,
  type RowPanel,
  RowBuilder,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { PanelDraft } from './panel.ts';

const columns = 24;

/** Panels side by side, all equally wide and high. */
export interface Line {
  readonly height: number;
  readonly panels: readonly PanelDraft[];
}

export interface Section {
  /** `null`: the first one, which needs no heading. */
  readonly title: string | null;
  readonly lines: readonly Line[];
}

/** A line of this height, in units of about 38 pixels: 4 for single figures, 8 for lines over time. */
export function line(height: number, ...panels: readonly PanelDraft[]): Line {
  return { height, panels };
}

/** Gives every panel its id, counted from 1, and its place. Throws when a line's panels do not divide the width evenly. */
export function arrange(sections: readonly Section[]): (Panel | RowPanel)[] {
  const placed: (Panel | RowPanel)[] = [];
  let y = 0;
  for (const { title, lines } of sections) {
    if (title !== null) {
      const place = { x: 0, y, w: columns, h: 1 };
      placed.push(
        new RowBuilder(title)
          .collapsed(false)
          .id(placed.length + 1)
          .gridPos(place)
          .build(),
      );
      y += 1;
    }
    for (const { height, panels } of lines) {
      const width = columns / panels.length;
      if (!Number.isInteger(width))
        throw new RangeError(`${panels.length} panels do not divide ${columns} columns`);
      for (const [index, panel] of panels.entries())
        placed.push(put(panel, placed.length + 1, { x: index * width, y, w: width, h: height }));
      y += height;
    }
  }
  return placed;
}

function put(draft: PanelDraft, id: number, place: GridPos): Panel {
  draft.id(id);
  draft.gridPos(place);
  return draft.build();
}
