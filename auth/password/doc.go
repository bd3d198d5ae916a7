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
// New hashes are argon2id (RFC 9106, golang.org/x/crypto/argon2) in the PHC string format,
// by default with 19 MiB, two passes and one lane (OWASP's first choice for argon2id).
// [Hasher.Verify] also reads bcrypt, so that accounts can be imported with their hashes.
// It reports hashes that are weaker than the configuration, so that the caller can replace
// them while the password is at hand.
//
// # Load
//
// A hash takes its memory and some ten milliseconds of a core. Config.Concurrent of them
// are computed at the same time, by default half of GOMAXPROCS. Further calls wait up to
// Config.Wait and then fail with [ErrBusy]. A slot is held until its hash is computed, also
// when the client disconnects.
//
// # Text
//
// Passwords are compared in Unicode's normalization form C, since keyboards
// disagree about how the same letter is sent. Nothing else is changed: no case, no
// space. NIST SP 800-63B-4 asks for that; OWASP ASVS 6.2.8 asks for the bytes as
// received, which would lock people out who change their device.
package password
