/** What a picture draws, one line each: paths with their kind, and where marks stand; no texts. */
export function drawingOf(svg: string): string {
  const pieces = svg.matchAll(/<path class="([^"]*)"[^>]*? d="([^"]*)"|<g transform="([^"]*)"/g);
  return [...pieces]
    .map(([, kind, path, where]) => (where === undefined ? `${kind}: ${path}` : `mark: ${where}`))
    .join('\n');
}
