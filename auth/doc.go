// Package auth says who makes a request. It holds the identity every other
// package reads and the two small interfaces that find it; the mechanisms
// (JWT, OpenID Connect, passwords, passkeys) are packages below this one. It
// depends on the standard library only.
//
// # Identity
//
// A [Principal] is the caller. Its zero value is the anonymous caller, so code
// that forgets to authenticate is never mistaken for somebody. [WithPrincipal]
// and [FromContext] carry it through a request:
//
//	p := auth.FromContext(r.Context())
//	if !p.SignedIn() {
//		// nobody, a service, or a guest without an account
//	}
//
// # Finding it
//
// A [Verifier] judges a token, whatever it arrived in. An [Authenticator] reads
// a request and knows three answers:
//
//   - a Principal: this is who it is;
//   - the zero Principal and nil: the request carries nothing of mine;
//   - an error: the request carries something of mine that does not hold.
//
// A credential that does not hold ends the request. It is never treated as if
// it had not been sent, because a client whose session died must learn so.
//
//	keys, err := auth.NewKeyring(auth.Keys{
//		Publishable: []string{publishable},
//		Secret:      []string{secret},
//	})
//	...
//	who := keys.Authenticator(auth.Chain(
//		auth.Bearer(tokens),
//		auth.Cookie("__Host-session", sessions, nil),
//	))
//	handler = middleware.Authenticate(who, middleware.AuthenticateOptions{})(handler)
//
// A package that serves requests needs nothing but [FromContext]: the package
// middleware fills the context, or any handler by [Authenticate].
//
// # Logins elsewhere
//
// [Flow], [LoginOptions], [Identity] and [ProviderTokens] are what packages that ask
// a provider who somebody is (auth/oidc) and packages that let people in
// (auth/accounts) say to each other. Neither knows the other.
//
// # Errors
//
// [ErrInvalid] and everything that wraps it is answered with 401. Every other
// error means that nobody could tell, which is 503: client libraries throw a
// session away on a 401, so an unreachable key server must not look like one.
// [Bearer], [Cookie] and [Authenticate] mark such errors with [ErrUnavailable].
//
// The text of the sentinels is safe to show. What wraps them says why a
// credential was refused and belongs into logs only.
//
// # Limits
//
// A token is at most [MaxTokenSize] bytes. A Principal in a context is shared
// by everything that serves the request and must not be changed.
package auth
