// Package password hashes and judges passwords. It knows nothing of accounts and
// can be used alone:
//
//	hasher, err := password.New(password.Config{})
//	...
//	hash, err := hasher.Hash(ctx, entered)
//	...
//	again, err := hasher.Verify(ctx, hash, entered)
//
// # Hashes
//
// New hashes are argon2id (RFC 9106) in the PHC string format, with 19 MiB, two
// passes and one lane unless configured otherwise (OWASP's first choice for
// argon2id). [Hasher.Verify] also reads bcrypt, so that accounts can be imported
// with the hashes they have, and reports which hashes are weaker than what New
// was told and should be made anew while the password is at hand.
//
// # Load
//
// A hash takes its memory and some ten milliseconds of a core. At most
// Config.Concurrent are computed at a time; a call waits up to Config.Wait for its
// turn and fails with [ErrBusy] then. The turn belongs to the computation, not to
// the call: a client that goes away ends its wait, and the computation gives its
// turn back only when it is done, so that no number of clients that come and go
// takes more than Concurrent times the memory of one hash. The memory is used again by
// the next hash, and given back when there has been none for ten seconds.
//
// # Text
//
// Passwords are compared in Unicode's normalization form C, since keyboards
// disagree about how the same letter is sent. Nothing else is changed: no case, no
// space. NIST SP 800-63B-4 asks for that; OWASP ASVS 6.2.8 asks for the bytes as
// received, which would lock people out who change their device.
package password
