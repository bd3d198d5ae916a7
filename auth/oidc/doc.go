// Package oidc logs people in with accounts they have elsewhere: at any OpenID
// provider by discovery (OpenID Connect Core 1.0, Discovery 1.0), and at GitHub,
// which has OAuth 2.0 only. It keeps nothing: what belongs to a login under way is a
// [auth.Flow] that the caller keeps, in a database or in a cookie.
//
// # Logging in
//
// A [Provider] is made from a [Config], which [Google], [Microsoft], [Apple],
// [GitLab] and [GitHub] fill in for those providers. It asks nobody before it is
// used, so that a program starts while a provider is down.
//
//	provider, err := oidc.New(oidc.Google(clientID, clientSecret))
//	...
//	to, flow, err := provider.Begin(ctx, auth.LoginOptions{RedirectURI: "https://notes.example/callback"})
//	// keep flow where only this browser leads to it, and send the browser to to
//	...
//	who, tokens, err := provider.Finish(ctx, flow, r.URL.Query())
//
// Finish is the authorization code flow as RFC 9700 wants it: PKCE with S256 (RFC
// 7636) always, state compared in constant time, the issuer of the answer compared
// exactly where there is one and demanded where the provider promises it (RFC 9207),
// nonce and at_hash of the ID token checked, its algorithm out of RS256, ES256 and
// EdDSA and decided by the provider's key. What the ID token lacks is asked of the
// UserInfo endpoint, which has to speak of the same subject.
//
// [Provider.VerifyIDToken] judges ID tokens that apps on phones got by themselves,
// and [NewVerifier] access tokens of other issuers.
//
// # Who it is
//
// An [auth.Identity] is the pair of Issuer and Subject and nothing else: names and
// addresses change hands. EmailVerified is true only where the provider says so and
// is believed: see [Config].TrustEmail.
//
// # Errors
//
// An error is [auth.ErrInvalid] if the login does not hold, and [auth.ErrUnavailable]
// if that could not be found out: a provider that does not answer, that answers
// nonsense, or that does not know this client, has refused nobody. What a provider
// says for itself is an [AnswerError]. Texts of others are quoted and cut, and codes,
// tokens and secrets are in no text.
//
// # Limits
//
// Every request goes through one client that asks public https addresses only,
// follows no redirect, and reads at most 256 KiB within 10 seconds. Metadata is asked
// for again after an hour and used for a day where there is no answer; keys likewise,
// at most once in 30 seconds whatever tokens arrive. A Flow ends after 10 minutes.
package oidc
