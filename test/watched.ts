import { watchForStalls } from './stall-watch.js';

watchForStalls();
