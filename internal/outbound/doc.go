// Package outbound is the library's HTTP client for URLs that others provide, such as those
// of signing keys and discovery documents. It prevents server-side request forgery
// (CWE-918), in which such a URL leads into the server's own network:
//
//   - each IP address is checked when the connection is made, after DNS and parsing, and
//     rejected unless it is public;
//   - redirects and the proxies of the environment are not followed;
//   - schemes and ports are on a short list, and a URL has no user;
//   - the size of a response is bounded, compression is not requested, and the whole
//     request has a timeout.
package outbound
