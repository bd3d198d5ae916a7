// Package argon2id computes Argon2id (RFC 9106) in memory that is used again, on the
// goroutine that asks.
//
// golang.org/x/crypto/argon2 makes its memory anew for each hash, 19 MiB of garbage by
// the defaults of OWASP. A server in which people log in then collects garbage some
// fifteen times a second, and everybody waits for it each time. It also computes in
// goroutines of its own, which cannot let others come. This package takes as long for a
// hash and leaves next to no garbage; docs/design.md has the figures. The tests compare
// the two over all parameters.
//
// BLAKE2b is that of golang.org/x/crypto.
package argon2id
