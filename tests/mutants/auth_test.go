package mutants_test

// authMutants are faults of tokens, keys, one-time codes, passkeys, passwords and logins at
// providers.
var authMutants = []mutant{
	{name: "jwt-issuer", find: "if «c[\"iss\"] != v.config.Issuer»", fault: never, tests: jwtTests, breaks: "tokens of another issuer are accepted"},
	{name: "jwt-audience", find: "err != nil || «!slices.Contains(several, audience)»", fault: never, tests: jwtTests, breaks: "tokens for another audience are accepted"},
	{name: "jwt-expired", find: "if «!now.Before(exp.Add(skew))»", fault: instead("now.After(exp.Add(skew))"), tests: jwtTests, breaks: "a token is valid at the instant of its end"},
	{name: "jwt-expiry-missing", find: "if «!found» { return refuse(\"exp is missing\")", fault: never, tests: jwtTests, breaks: "tokens without exp are valid for ever"},
	{name: "jwt-not-before", find: "if «found && at.After(now.Add(skew))»", fault: never, tests: jwtTests, breaks: "tokens of the future are accepted"},
	{name: "jwt-type", find: "if «typ == typAccess || v.config.InsecureUntyped && (typ == \"\" || typ == \"jwt\")»", fault: always, tests: jwtTests, breaks: "ID tokens are accepted as access tokens"},
	{name: "jwt-critical", find: "if _, found := header[name]; «found»", fault: never, tests: jwtTests, breaks: "headers that bring a key or must be understood are ignored"},
	{name: "jwt-member-twice", find: "strictjson.Parse(data, «strictjson.Limits{Depth: maxDepth}»)", fault: instead("strictjson.Limits{Depth: maxDepth, LastWins: true}"), tests: jwtTests, breaks: "a claim may come twice"},
	{name: "jwt-rsa-bits", find: "«key.N.BitLen() < minRSABits»", fault: never, tests: jwtTests, breaks: "short RSA keys are accepted"},
	{name: "jwt-placeholder", find: "if «isPlaceholder(secret)»", fault: never, tests: jwtTests, breaks: "published secrets are accepted"},
	{name: "jwt-secret-size", find: "if «len(secret) < minSecret» { return Key{}", fault: instead("len(secret) < minSecret-1"), tests: jwtTests, breaks: "a secret of 31 bytes is accepted"},
	{name: "jwt-private-set", find: "if _, found := members[private]; «found»", fault: never, tests: jwtTests, breaks: "a key set with private keys is accepted"},
	{name: "jwt-unknown-key", find: "return «!r.cfg.Now().Before(r.unknown[id])» && (", fault: always, tests: jwtTests, breaks: "each unknown kid asks the issuer again"},
	{name: "totp-window", find: "«s <= current+Skew»", fault: instead("s <= current+Skew+1"), tests: totpTests, breaks: "codes of the step after next are accepted"},
	{name: "totp-replay", find: "same && «s > last»", fault: instead("s >= last"), tests: totpTests, breaks: "a code is accepted twice"},
	{name: "totp-secret", find: "return step, ok && «len(secret) >= minSecret»", fault: always, tests: totpTests, breaks: "codes of an empty secret are accepted"},
	{name: "key-in-browser", find: "err == nil && bearer.Kind == Service && «fromBrowser(r.Header)»", fault: never, breaks: "a secret key is accepted from a browser"},
	{name: "key-header-twice", find: "case «len(values) > 1»: return \"\", refuse(\"more than one apikey header\")", fault: never, breaks: "the first of two keys counts"},
	{name: "key-with-token", find: "case «bearer.Kind == Anonymous»: // a publishable key", fault: always, breaks: "a secret key beside a login is lost"},
	{name: "cookie-cross-origin", find: "if «crossorigin.Refused(protection, r)» { return Principal{}, ErrCrossOrigin", fault: never, breaks: "pages of other origins act with the cookie"},
	{name: "cookie-twice", find: "case c.Value == \"\" || «c.Value == token»:", fault: instead(`token != ""`), breaks: "the first of two different cookies counts"},
	{name: "once-credentials", find: "a.by == by && «a.to == to»", fault: always, breaks: "other credentials of a request get the answer of the first"},
	{name: "passkey-session", find: "case «subtle.ConstantTimeCompare(c.state.Session, digest(session)) != 1»", fault: never, tests: passkeyTests, breaks: "a ceremony ends in another session"},
	{name: "passkey-expired", find: "case «!p.config.Now().Before(c.state.Expires)»", fault: never, tests: passkeyTests, breaks: "a ceremony never expires"},
	{name: "passkey-kind", find: "case «!slices.Contains(kinds, c.state.Kind)»", fault: never, tests: passkeyTests, breaks: "the ceremony of a registration is a login"},
	{name: "passkey-frame", find: "if cross := m[\"crossOrigin\"]; «cross.Kind() != strictjson.Missing && (cross.Kind() != strictjson.Bool || cross.Bool())»", fault: never, tests: passkeyTests, breaks: "a foreign frame uses a passkey"},
	{name: "passkey-copied", find: "if «seen.Authenticator.CloneWarning»", fault: never, tests: passkeyTests, breaks: "a copied passkey is accepted"},
	{name: "passkey-owner", find: "case «!bytes.Equal(stored.UserHandle, handle)»", fault: never, tests: passkeyTests, breaks: "the passkey of another user is accepted"},
	{name: "passkey-not-asked", find: "if «!slices.ContainsFunc(c.state.Credentials, func(id []byte) bool { return bytes.Equal(id, parsed.RawID) })»", fault: never, tests: passkeyTests, breaks: "a passkey that was not offered is accepted"},
	{name: "password-mismatch", find: "if «subtle.ConstantTimeCompare(key, a.key) != 1»", fault: instead("len(key) != len(a.key) || key[0] != a.key[0]"), tests: passwordTests, breaks: "one password in 256 fits"},
	{name: "password-minimum", find: "case «n < p.Min»", fault: instead("n < p.Min-1"), tests: passwordTests, breaks: "passwords of seven characters are accepted"},
	{name: "password-common", find: "if «p.Refuse(password)»", fault: never, tests: passwordTests, breaks: "well-known passwords are accepted"},
	{name: "password-slots", find: "h.slots = make(chan struct{}, «cfg.Slots()»)", fault: instead("1000"), tests: passwordTests, breaks: "any number of hashes is computed at a time"},
	{name: "password-weaker", find: "err == nil && «stored.weaker(h.params)»", fault: never, tests: passwordTests, breaks: "weak hashes stay as they are"},
	{name: "oidc-state", find: "if «!same(values.Get(\"state\"), flow.State)»", fault: never, tests: oidcTests, breaks: "the callback of another login is accepted"},
	{name: "oidc-nonce", find: "if «!found && want == \"\" || same(got, want)»", fault: always, tests: oidcTests, breaks: "the ID token of another login is accepted"},
	{name: "oidc-audience", find: "if «!slices.ContainsFunc(audience, ours)»", fault: never, tests: oidcTests, breaks: "ID tokens for another client are accepted"},
	{name: "oidc-authorized-party", find: "«len(audience) > 1 && !mine»", fault: never, tests: oidcTests, breaks: "an ID token for several clients needs no azp"},
	{name: "oidc-callback-issuer", find: "if err := «c.checkIss(m, values)»; err != nil", fault: omit, tests: oidcTests, breaks: "the callback of another provider is accepted"},
	{name: "oidc-future", find: "case «iat > at+leeway || hasNbf && nbf > at+leeway»", fault: never, tests: oidcTests, breaks: "ID tokens of the future are accepted"},
	{name: "oidc-flow-expired", find: "case «now.After(ends)» || ends.Sub(now)", fault: never, tests: oidcTests, breaks: "a login that was begun long ago is accepted"},
	{name: "oidc-email-verified", find: "who.Email != \"\" && «c.verified(claims)»", fault: always, tests: oidcTests, breaks: "an address that the provider has not verified counts"},
	{name: "oidc-email-trusted", find: "c.verified(claims) && «c.trusts(claims, who.Email)»", fault: always, tests: oidcTests, breaks: "a provider vouches for addresses of every domain"},
	{name: "oidc-roles", find: "if «!issuer.TrustRoles»", fault: never, tests: oidcTests, breaks: "a foreign issuer gives roles"},
}

var (
	jwtTests      = []string{"auth/jwt"}
	totpTests     = []string{"auth/totp"}
	passkeyTests  = []string{"auth/passkey"}
	passwordTests = []string{"auth/password"}
	oidcTests     = []string{"auth/oidc"}
)
