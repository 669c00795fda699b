/** `/` and `/help`: every path with its parameters; for a browser a page with links and forms that work without script. */
import { createHash } from 'node:crypto';
import { html, json, text } from '../reply.ts';
import type { AdminParameter, AdminRequest, AdminRoute } from '../route.ts';

/** Where people go who open the port in a browser, if somebody has added it; the list is at `/help` then. */
const consolePath = '/console';

/** `routes` is asked for at each request, because the table holds these routes too. */
export function helpRoutes(routes: () => readonly AdminRoute[]): readonly AdminRoute[] {
  const handle: AdminRoute['handle'] = (request: AdminRequest) => {
    if (
      request.format === 'html' &&
      request.path === '/' &&
      routes().some(({ path }) => path === consolePath)
    )
      return { ...text(302, `the console is at ${consolePath}`), headers: { location: consolePath } };
    if (request.format === 'json') return json(200, { paths: routes().map(pathJson) });
    if (request.format === 'text') return text(200, textPage(routes()));
    return { ...html(200, htmlPage(routes())), headers: { 'content-security-policy': policy } };
  };
  const formats = ['text', 'html', 'json'] as const;
  return [
    { method: 'GET', path: '/', summary: 'This list; in a browser a page with forms.', formats, handle },
    { method: 'GET', path: '/help', summary: 'The same list.', formats, handle },
  ];
}

function pathJson(route: AdminRoute): object {
  const { method, path, summary, parameters = [] } = route;
  return { method, path, summary, parameters };
}

function textPage(routes: readonly AdminRoute[]): string {
  const lines = ['admin commands are:'];
  for (const route of routes) {
    lines.push(`  ${route.path}${route.method === 'POST' ? ' (POST)' : ''}: ${route.summary}`);
    for (const parameter of route.parameters ?? []) {
      lines.push(`      ${parameter.name}: ${parameter.summary}${choices(parameter)}`);
    }
  }
  return lines.join('\n');
}

function choices(parameter: AdminParameter): string {
  return typeof parameter.value === 'string' ? '' : ` One of ${parameter.value.join(', ')}.`;
}

const style = `
body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 72em; padding: 0 1em; color: #1b1f24; }
table { border-collapse: collapse; width: 100%; }
td { border-top: 1px solid #d8dee4; padding: .5em .7em; vertical-align: top; }
td:first-child { font-family: ui-monospace, monospace; white-space: nowrap; }
label { margin-right: 1em; white-space: nowrap; }
.change { background: #fff8e6; }
@media (prefers-color-scheme: dark) {
  body { background: #14171a; color: #e3e6e8; } a { color: #7cb7ff; }
  td { border-color: #333a41; } .change { background: #2c2617; }
}
`;

/** Nothing but this style; forms only to this server; no frame around it (a click on a hidden button is a change). */
const policy: string = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

function htmlPage(routes: readonly AdminRoute[]): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Meshlock admin</title><style>${style}</style></head>
<body>
<h1>Meshlock admin</h1>
<table>
${routes.map(row).join('\n')}
</table>
</body>
</html>
`;
}

function row(route: AdminRoute): string {
  const change = route.method === 'POST';
  return (
    `<tr${change ? ' class="change"' : ''}><td>${reference(route)}</td>` +
    `<td>${escape(route.summary)}${form(route)}</td></tr>`
  );
}

/** Only what can be read without further words is a link. */
function reference(route: AdminRoute): string {
  const path = escape(route.path);
  return route.method === 'GET' && !route.path.includes('/:') ? `<a href="${path}">${path}</a>` : path;
}

function form(route: AdminRoute): string {
  const fields = (route.parameters ?? []).filter((parameter) => !parameter.name.startsWith('<'));
  const reading = route.method === 'GET';
  if (route.path.includes('/:') || route.ownBody || (reading && fields.length === 0)) return '';
  const button = `<button>${reading ? 'Show' : escape(`POST ${route.path}`)}</button>`;
  const inputs = [...fields.map(field), ...(reading ? formatField(route) : [])].join(' ');
  return `<form method="${route.method.toLowerCase()}" action="${escape(route.path)}">${inputs} ${button}</form>`;
}

function field({ name, summary, value }: AdminParameter): string {
  const title = `title="${escape(summary)}"`;
  const known = `name="${escape(name)}" ${title}`;
  if (value === 'flag') return `<label ${title}><input type="checkbox" ${known}> ${escape(name)}</label>`;
  if (typeof value === 'string') return `<label ${title}>${escape(name)} <input ${known}></label>`;
  const options = ['', ...value].map((choice) => `<option>${escape(choice)}</option>`).join('');
  return `<label ${title}>${escape(name)} <select ${known}>${options}</select></label>`;
}

function formatField(route: AdminRoute): string[] {
  const formats = route.formats ?? ['text', 'json'];
  return formats.length > 1
    ? [field({ name: 'format', summary: 'Form of the answer.', value: formats })]
    : [];
}

function escape(raw: string): string {
  return raw.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
