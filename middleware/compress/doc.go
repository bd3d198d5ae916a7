// Package compress compresses responses with zstd or gzip (RFC 9110 section 12.5.3), by
// github.com/klauspost/compress.
//
//	handler = middleware.Must(compress.New(compress.Options{}))(handler)
//
// # What is compressed
//
// Responses of text, JSON, XML, JavaScript, WebAssembly and the like are compressed from
// [Options].MinSize bytes on. A response without a length is held back until it has so many
// bytes, ends, or is flushed. A flush sends what was written so far in compressed form, so
// streams of lines keep streaming. Not compressed are
//
//   - answers that are coded already (Content-Encoding), parts of some bytes
//     (Content-Range: bytes, multipart/byteranges) and digested ones
//     (Content-Digest, Repr-Digest, Digest or Content-MD5, also in a Trailer that is
//     announced: all of them are of the coded body, RFC 9530 sections 2 and 3); the
//     Content-Range of lists of rows counts rows, and does not keep a list from being
//     coded;
//   - text/event-stream, since its events are small and must not wait;
//   - answers without a body, and requests that ask for another protocol (Upgrade);
//   - answers that may hold secrets, see below.
//
// Request bodies are not decompressed. A handler has to deal with Content-Encoding; those
// of this library answer 415.
//
// # Secrets
//
// The length of a compressed response shows whether a text in it repeats another one (the
// attack BREACH). The attack needs two things, and each is prevented here. First, the
// attacker makes a victim's browser send requests. A response to a request with a cookie, a
// client certificate or an Authorization other than a bearer token is therefore compressed
// only for a page of the same origin (Sec-Fetch-Site). Second, the response must hold a
// secret. Responses with Set-Cookie are not compressed, and neither is any response with
//
//	Cache-Control: no-transform
//
// which marks a response with a secret (RFC 9111 section 5.2.2.6), also for every proxy on
// the way. All responses of the accounts that depend on the caller have it.
//
// The middleware cannot see how a proxy in front authenticates. If the proxy does so by
// certificates, Basic or IP addresses and names the caller in a header, the request looks
// like one of a program. Such a proxy should remove Accept-Encoding unless Sec-Fetch-Site
// is same-origin or none. Otherwise handlers must set no-transform.
//
// # Entity tags
//
// A compressed representation needs a strong entity tag of its own (RFC 9110 section
// 8.8.3): "3.bJ2L" is sent as "3.bJ2L-zstd" or "3.bJ2L-gzip". In If-Match and If-None-Match
// the suffix is removed before the handler sees the tag, for every coding. A 304 response
// repeats the tag that the client sent. If-Range stays as it is, so parts of compressed and
// plain responses are never mixed.
//
// # Responses and order
//
// Every response has Vary: Accept-Encoding, compressed or not. The response to HEAD has the
// headers of GET if the handler sets the length. After a panic of the handler the response
// is not completed. A held response is dropped, so that a recovering middleware outside can
// still answer 500. One in progress ends without its trailing bytes. Put middleware that
// counts or logs sent bytes outside, and middleware that reads or writes bodies inside.
//
// A ResponseWriter here has Flush, Hijack, ReadFrom and Unwrap (net/http's
// ResponseController).
package compress
