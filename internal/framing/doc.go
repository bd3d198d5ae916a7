// Package framing refuses requests of HTTP/1.1 whose end is a matter of opinion.
//
// A proxy and the server behind it must agree where one request ends and the next
// begins; where they do not, a stranger's body becomes somebody else's request (request
// smuggling, RFC 9112 section 11.2). net/http refuses much of what is read differently
// elsewhere, and lets pass
//
//   - Content-Length beside Transfer-Encoding (section 6.1: a server may refuse it),
//   - lines that end in a bare LF (section 2.2), and header lines that go on in the next
//     line (section 5.2: obsolete, to be refused or replaced),
//   - the same Content-Length twice.
//
// Nobody sends these but attackers and tools of theirs. [Serve] gives connections that
// look at what is read from them before net/http does, and end in an error at the first
// such request, which net/http answers with 400 and closes the connection. It follows
// the frame of a request only: what stands in it is for net/http and handlers to judge.
//
// Connections that the server encrypts itself are not looked at. Most have no proxy in
// them that has read a request; one that decrypts and encrypts again has, and should speak
// HTTP/2 to the server, where frames say how long they are, or HTTP/1.1 in the clear.
// net/http chooses HTTP/2 only for a *[crypto/tls.Conn], behind whose handshake nobody can
// look: to check what was decrypted is to serve HTTP/1.1 alone, or to shake hands before
// net/http knows of a connection, out of sight of its deadlines and of who counts
// connections.
package framing
