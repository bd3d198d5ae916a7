// Package auth defines the identity of a caller and the interfaces that authenticate
// it. All other packages read this identity. The mechanisms (JWT, OpenID Connect,
// passwords, passkeys) are packages below this one. Package auth depends on the
// standard library only.
//
// # Identity
//
// A [Principal] is the caller. Its zero value is the anonymous caller, so code
// that forgets to authenticate never acts for a user. [WithPrincipal]
// and [FromContext] carry it through a request:
//
//	p := auth.FromContext(r.Context())
//	if !p.SignedIn() {
//		// unauthenticated, a service, or a user without an account
//	}
//
// # Finding it
//
// A [Verifier] verifies a token without regard to its transport. An [Authenticator]
// reads a request and has three results:
//
//   - a Principal: the request is authenticated;
//   - the zero Principal and nil: the request has no credentials of this kind;
//   - an error: the request has credentials of this kind that are invalid.
//
// Invalid credentials end the request. They are never ignored, so that a client
// learns that its session has ended.
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
//	authenticate, err := middleware.Authenticate(who, middleware.AuthenticateOptions{})
//	if err != nil {
//		log.Fatal(err)
//	}
//	handler = authenticate(handler)
//
// A package that serves requests needs nothing but [FromContext]: the package
// middleware fills the context, or any handler by [Authenticate].
//
// # Logins by a provider
//
// [Flow], [LoginOptions], [Identity] and [ProviderTokens] connect packages that
// authenticate users at a provider (auth/oidc) with packages that create sessions
// (auth/accounts). Neither imports the other.
//
// # Errors
//
// [ErrInvalid] and errors that wrap it are answered with 401. Every other error means
// that the credentials could not be checked, which is 503. Client libraries discard a
// session on a 401, so an unreachable key server must not cause one.
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
