// Package outbound is the one HTTP client by which the library asks others: for
// keys, for documents of discovery, for whatever address somebody else has given
// us. It does not let such an address lead into the network it runs in (server-side
// request forgery, CWE-918):
//
//   - the address of each connection is looked at when it is made, behind every
//     name and every spelling of a number, and refused unless it is of the public
//     Internet;
//   - redirects are not followed, and proxies of the environment not used;
//   - scheme and port are of a short list, and a URL has no user;
//   - an answer has a bounded size, compressed ones are not asked for, and the whole
//     exchange has a time limit.
package outbound
