export { type ErrorCode, LayercastError } from './errors.js';
