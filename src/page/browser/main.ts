import { FleetPage } from './fleet-page.js';
import { LivePage } from './live-page.js';

const main = document.getElementById('main')!;
const role = document.documentElement.dataset.role ?? '';
if (role === 'manager') new FleetPage(main).run();
else new LivePage(main, role).run();
