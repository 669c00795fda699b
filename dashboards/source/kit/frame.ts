/** What all dashboards share: variables, links to one another, the range of time, and that nobody edits them by hand. */
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  type AnnotationQuery,
  DashboardBuilder,
  DashboardCursorSync,
  type DashboardLink,
  DashboardLinkBuilder,
  DashboardLinkType,
  type VariableModel,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { arrange, type Section } from './layout.ts';
import { everywhere } from './variable.ts';

/** The classic schema: what files are provisioned from. The library would rather have the next one. */
// oxlint-disable-next-line typescript/no-deprecated -- there is no other type of it
export type ClassicDashboard = ReturnType<DashboardBuilder['build']>;

/** Of every dashboard, and what the links between them go by. */
const tag = 'meshlock';

export interface FrameOptions {
  /** Behind `meshlock-`, and the name of its file. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** Besides those that every dashboard has. */
  readonly variables: readonly Builder<VariableModel>[];
  readonly annotations: readonly Builder<AnnotationQuery>[];
  readonly sections: readonly Section[];
}

export function frame(options: FrameOptions): ClassicDashboard {
  const { name, title, description, variables, annotations, sections } = options;
  // oxlint-disable-next-line typescript/no-deprecated -- as above
  const builder = new DashboardBuilder(`Meshlock / ${title}`)
    .uid(`meshlock-${name}`)
    .description(description)
    .tags([tag])
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: 'now-1h', to: 'now' })
    .refresh('30s')
    .timezone('browser')
    .variables([...everywhere, ...variables])
    .annotations([...annotations])
    .link(toTheOthers);
  return { ...builder.build(), panels: arrange(sections) };
}

/** Keeps what is chosen and the range of time. */
const toTheOthers: Builder<DashboardLink> = {
  build() {
    const link = new DashboardLinkBuilder('Meshlock')
      .type(DashboardLinkType.Dashboards)
      .tags([tag])
      .tooltip('The other dashboards of the mesh, for the same nodes and time')
      .asDropdown(true)
      .includeVars(true)
      .keepTime(true)
      .build();
    // Where it is left out, the link stands at the top; the library's default would put it into a menu.
    delete link.placement;
    return link;
  },
};
