// npm run docs: README.md, docs/ and the library's types as a site of static pages with search, in site/. Any web server can serve it.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const top = fileURLToPath(new URL('..', import.meta.url));
const [tools, site] = [join(top, 'scripts/site'), join(top, 'site')];

if (!existsSync(join(tools, 'node_modules/typedoc'))) run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
// A warning is a link that leads nowhere.
run(process.execPath, ['node_modules/typedoc/bin/typedoc', '--treatWarningsAsErrors']);
const foreign = readdirSync(site, { recursive: true, encoding: 'utf8' }).filter(
  (name) => /\.(html|css)$/.test(name) && loadsFromElsewhere(name),
);
if (foreign.length > 0) {
  console.error(`these pages load something from another server: ${foreign.join(', ')}`);
  process.exit(1);
}

/** Links to other servers are fine; pictures, scripts, fonts and styles from there are not. */
function loadsFromElsewhere(name) {
  const text = readFileSync(join(site, name), 'utf8');
  return /<(?:script|img|iframe|source)\b[^>]*\bsrc="(?:https?:)?\/\/|<link\b[^>]*\bhref="(?:https?:)?\/\/|url\(["']?(?:https?:)?\/\/|@import/.test(
    text,
  );
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: tools, stdio: ['ignore', 'inherit', 'inherit'] });
  if (error) console.error(`${command}: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}
