// Package jwt signs and verifies access tokens: JSON Web Tokens (RFC 7519) in
// the profile of RFC 9068, handled as RFC 8725 demands. The keys are given, or
// fetched from where their issuer publishes them.
//
// # Keys
//
// A [Key] has exactly one algorithm, decided by what the key is and never by
// what a token says:
//
//   - [PrivateKey] signs and verifies: RS256 (2048 to 4096 bits), ES256, EdDSA;
//   - [PublicKey] and [ParseSet] verify with the same algorithms;
//   - [SecretKey] signs and verifies with HS256 and at least 32 bytes.
//
// [Set] publishes the public halves as a JWK Set (RFC 7517), and [NewRemote] has the
// keys of such a set at a URL. It asks at most once in 30 seconds, whatever tokens
// arrive, uses what it has while it asks and for a day where it gets no answer, and
// asks no address but public ones.
//
// # Verifying
//
// [New] returns a [Verifier], which is an [auth.Verifier]:
//
//	tokens, err := jwt.New(jwt.Config{
//		Audience: "notes",
//		Issuer:   "https://notes.example",
//		Keys:     keys,
//	})
//	...
//	who := auth.Bearer(tokens)
//
// A token is accepted if its header names a configured key and that key's
// algorithm, its signature holds, typ says access token, iss and aud are the
// configured ones, sub is present and exp, nbf and iat fit the clock. Every
// refusal wraps [auth.ErrInvalid] and looks the same from outside; one that is
// due to exp alone wraps [auth.ErrExpired].
//
// # Signing
//
// [NewSigner] returns a [Signer] that turns an [auth.Principal] into a token its
// Verifier turns back.
//
// # Other tokens
//
// [Open] verifies the signature of a token that is no access token, such as an ID
// token, and leaves what it says to its caller; [Assert] signs one by which a client
// proves who it is.
//
// # Limits
//
// Encrypted tokens, unencoded payloads, critical header extensions and keys or
// addresses of keys in headers are refused. A token holds until it expires:
// revoking is the business of whoever keeps sessions.
package jwt
