// Package compress sends answers in fewer bytes, coded with zstd or gzip, by
// github.com/klauspost/compress, to clients that take it (RFC 9110 section 12.5.3).
//
//	handler = compress.New(compress.Options{})(handler)
//
// # What is coded
//
// Answers of text, JSON, XML, JavaScript, WebAssembly and the like, from
// [Options].MinSize bytes on; those whose length is not known before are held back
// until they have so many bytes, end, or are flushed. A flush sends what was written
// so far in coded form, so that streams of lines stay streams. Left alone are
//
//   - answers that are coded already (Content-Encoding), parts of some bytes
//     (Content-Range: bytes, multipart/byteranges) and digested ones
//     (Content-Digest, Repr-Digest, Digest or Content-MD5, also in a Trailer that is
//     announced: all of them are of the coded body, RFC 9530 sections 2 and 3); the
//     Content-Range of lists of rows counts rows, and does not keep a list from being
//     coded;
//   - text/event-stream, whose events are small and must not wait;
//   - answers without a body, and requests that ask for another protocol (Upgrade);
//   - answers that may hold secrets, see below.
//
// Bodies of requests are not looked at: a Content-Encoding there is up to the handler,
// and this library's answers 415.
//
// # Secrets
//
// The length of a coded answer tells whether something that a stranger put into it
// occurs in it again (the attack BREACH). Two things are therefore needed for it, and
// each is refused here. A stranger who makes the browser of a victim send requests:
// where a request has what a browser adds by itself, a cookie, a client certificate or an
// Authorization that is no bearer token, its answer is coded only if the page is of the
// same origin (Sec-Fetch-Site). And a secret: answers with Set-Cookie are left alone, and
// so is every answer with
//
//	Cache-Control: no-transform
//
// which is how a handler marks one (RFC 9111 section 5.2.2.6), here and for every proxy
// on the way. All answers of accounts that depend on the caller say so.
//
// What a proxy in front has found out cannot be seen here. One that knows callers by
// certificates, by Basic or by where they are, and names them in a header, leaves a
// request that looks like a program's: it should take Accept-Encoding off unless
// Sec-Fetch-Site is same-origin or none, or handlers mark what they answer.
//
// # Entity tags
//
// A coded representation is another one and needs another strong tag (RFC 9110 section
// 8.8.3): "3.bJ2L" is sent as "3.bJ2L-zstd" or "3.bJ2L-gzip". Where one of these comes
// back in If-Match or If-None-Match the handler sees the tag that it gave, whatever
// coding the client takes now, and the tag of a 304 answer is the one that the client
// has. If-Range is left as it is, so that parts of a coded answer are never mixed with
// parts of one that is not.
//
// # Answers and their order
//
// Every answer has Vary: Accept-Encoding, whether it is coded or not. The answer to
// HEAD has the headers of GET where the handler says how long the body would be. If a
// handler panics, what it wrote is not finished: nothing is sent of an answer that was
// held back, so that a recovering middleware outside can still answer 500, and one
// that was on its way ends without the mark of its end. Middleware that counts or logs
// the bytes sent belongs outside, what reads or writes bodies inside.
//
// A ResponseWriter here has Flush, Hijack, ReadFrom and Unwrap (net/http's
// ResponseController).
package compress
