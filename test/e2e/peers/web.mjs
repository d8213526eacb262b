// A server of the web for the files of a folder, with ranges: node web.mjs FOLDER. It prints "listening" when clients can come to port 8080.
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';

createServer((request, response) => {
  const path = process.argv[2] + request.url;
  if (!existsSync(path)) return response.writeHead(404).end();
  const bytes = readFileSync(path);
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range);
  if (!range) return response.end(bytes);
  response.writeHead(206, { 'content-range': `bytes ${range[1]}-${range[2]}/${bytes.length}` });
  response.end(bytes.subarray(Number(range[1]), Number(range[2]) + 1));
}).listen(8080, '::', () => console.log(JSON.stringify({ event: 'listening' })));
