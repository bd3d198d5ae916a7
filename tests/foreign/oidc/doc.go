// Package oidc has no code: its test logs in with auth/oidc at a foreign OpenID
// provider, oidc-provider, which is certified by the OpenID Foundation and runs as a
// process of its own: the code flow with PKCE and each signature algorithm, rotation
// of keys, a wrong issuer, and logout; and through auth/accounts, where logins are
// linked and taken off.
//
// It needs Node.js 20 or later and the packages of package-lock.json (npm ci).
package oidc
