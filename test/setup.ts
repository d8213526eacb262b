// Vitest runs this file again for each test file of a process, but what it imports only once: what a process gets once belongs into an import.
import './compare-bytes.js';
import './watched.js';
