// Package oidc logs users in with their accounts at other providers: at any OpenID provider by
// discovery (OpenID Connect Core 1.0, Discovery 1.0), and at GitHub, which supports OAuth 2.0
// only. It stores nothing. The state of a login in progress is an [auth.Flow] that the caller
// stores, in a database or in a cookie.
//
// # Logging in
//
// A [Provider] is made from a [Config], which [Google], [Microsoft], [Apple], [GitLab] and
// [GitHub] fill in for those providers. It sends no request before it is used, so that a
// program starts while a provider is down.
//
//	provider, err := oidc.New(oidc.Google(clientID, clientSecret))
//	...
//	to, flow, err := provider.Begin(ctx, auth.LoginOptions{RedirectURI: "https://notes.example/callback"})
//	// store flow for this browser only, and send the browser to to
//	...
//	who, tokens, err := provider.Finish(ctx, flow, r.URL.Query())
//
// Finish implements the authorization code flow of RFC 9700. It always uses PKCE with S256 (RFC
// 7636) and compares state in constant time. It compares the issuer of the answer exactly, and
// requires one if the provider promises it (RFC 9207). It checks nonce and at_hash of the ID
// token. The algorithm is RS256, ES256 or EdDSA, as the provider's key decides. Missing claims
// are read from the UserInfo endpoint, which has to name the same subject.
//
// [Provider.VerifyIDToken] verifies ID tokens that mobile apps obtained themselves, and
// [NewVerifier] verifies access tokens of other issuers.
//
// # Identities
//
// An [auth.Identity] is identified by Issuer and Subject only, since names and e-mail addresses
// change owners. EmailVerified is true only if the provider says so and is trusted: see
// [Config].TrustEmail.
//
// # Errors
//
// An error is [auth.ErrInvalid] if the login is rejected. It is [auth.ErrUnavailable] if the
// provider does not answer, answers nonsense, or does not know this client. An error of the
// provider's own is an [AnswerError]. Texts of others are quoted and cut. No text contains
// codes, tokens or secrets.
//
// # Limits
//
// All requests go through one client. It connects to public https addresses only, follows no
// redirect, and reads at most 256 KiB within 10 seconds. Metadata is fetched again after an
// hour and used for a day if there is no answer. Keys are too, and are fetched at most once in
// 30 seconds. A Flow expires after 10 minutes.
package oidc
