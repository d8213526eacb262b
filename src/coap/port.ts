/** The port of CoAP without DTLS (RFC 7252, section 6.1). */
export const COAP_PORT = 5683;
