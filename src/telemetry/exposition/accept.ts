/**
 * Which of the two exposition formats a scraper gets (RFC 9110, 12.5.1). OpenMetrics is given only to who names it
 * and does not like plain text better; everybody else, also who accepts neither, gets Prometheus text 0.0.4, because
 * an answer a person can read is worth more than a 406.
 */
export type ExpositionFormat = 'text' | 'openmetrics';

export function chooseFormat(accept: string): ExpositionFormat {
  let openMetrics = 0;
  let text = 0;
  for (const range of accept.split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const quality = qualityOf(parameters);
    if (type === 'application/openmetrics-text') {
      if (speaksOurVersion(parameters)) openMetrics = Math.max(openMetrics, quality);
    } else if (type === 'text/plain') text = Math.max(text, quality);
  }
  return openMetrics > 0 && openMetrics >= text ? 'openmetrics' : 'text';
}

/** A malformed weight counts as none given, as most servers have it. */
function qualityOf(parameters: readonly string[]): number {
  const given = parameters.find((parameter) => parameter.startsWith('q='));
  if (given === undefined) return 1;
  const quality = Number(given.slice(2));
  return quality >= 0 && quality <= 1 ? quality : 1;
}

function speaksOurVersion(parameters: readonly string[]): boolean {
  const version = parameters.find((parameter) => parameter.startsWith('version='));
  return version === undefined || version === 'version=1.0.0' || version === 'version="1.0.0"';
}
