import type { IncomingHttpHeaders } from 'node:http';
import { type EndpointOptions, plain } from '../metrics/http-endpoint.js';
import { LivePage, type LivePageOptions, type PageView } from './live-page.js';
import { PageFiles } from './page-files.js';

/** The page of a process, as its HTTP endpoint serves it: files at `/`, and `/events`. */
export function pageRoutes(view: PageView, options: LivePageOptions): Pick<EndpointOptions, 'answers' | 'streams'> {
  const files = new PageFiles(view.role);
  const page = new LivePage(view, options);
  const answer = (path: string) => async (headers: IncomingHttpHeaders) => {
    const { body, headers: own } = (await files.answer(path, headers['accept-encoding']))!;
    return { status: 200, type: own['content-type']!, body, headers: own };
  };
  return {
    answers: Object.fromEntries(PageFiles.paths.map((path) => [path, answer(path)])),
    streams: {
      '/events'(headers, response) {
        const fault = page.add(headers, response);
        return fault === undefined ? undefined : plain(...fault);
      },
    },
  };
}
