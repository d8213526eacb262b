/** Host and port as in URLs (RFC 3986, section 3.2): `[::1]:5683`, `127.0.0.1:5683`. @param host an address or a name, without brackets */
export function authorityOf(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
