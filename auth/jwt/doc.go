// Package jwt signs and verifies access tokens: JSON Web Tokens (RFC 7519) in the profile of
// RFC 9068, handled as RFC 8725 demands. The keys are configured, or fetched from the URL at
// which their issuer publishes them.
//
// # Keys
//
// A [Key] has exactly one algorithm. The type of the key decides it, never the token:
//
//   - [PrivateKey] signs and verifies: RS256 (2048 to 4096 bits), ES256, EdDSA;
//   - [PublicKey] and [ParseSet] verify with the same algorithms;
//   - [SecretKey] signs and verifies with HS256 and at least 32 bytes.
//
// [Set] publishes the public halves as a JWK Set (RFC 7517). [NewRemote] fetches the keys of
// such a set from a URL, at most once in 30 seconds. It uses the keys it has during a request,
// and for a day if it gets no answer. It connects to public IP addresses only.
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
// A token is accepted if its header names a configured key and that key's algorithm, its
// signature is valid, typ says access token, iss and aud are the configured ones, sub is
// present, and exp, nbf and iat fit the clock. Every rejection wraps [auth.ErrInvalid] and
// gives the client the same answer. One that is due to exp alone wraps [auth.ErrExpired].
//
// # Signing
//
// [NewSigner] returns a [Signer] that encodes an [auth.Principal] as a token. The Verifier
// decodes it.
//
// # Other tokens
//
// [Open] verifies the signature of a token that is not an access token, such as an ID token,
// and leaves its claims to the caller. [Assert] signs a token by which a client authenticates.
//
// # Limits
//
// Encrypted tokens, unencoded payloads, critical header extensions, and keys or URLs of keys in
// headers are rejected. A token is valid until it expires. Revocation belongs to the package
// that keeps sessions.
package jwt
