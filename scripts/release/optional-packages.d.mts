/** Paths such as `node_modules/koffi`, of the packages that are not in the bundle and are installed here. */
export function optionalPackages(): string[];
