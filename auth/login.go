package auth

// LoginOptions are what one login at a provider asks for.
type LoginOptions struct {
	// RedirectURI is where the provider sends the browser back: an https URL that
	// the provider knows, http on loopback only. It must come from configuration,
	// never from a request. Use a separate URI for each provider, because not all
	// providers identify themselves in the callback (RFC 9700 section 4.4.2). It is
	// required.
	RedirectURI string

	// LoginHint is the account that the provider may propose, such as an e-mail address.
	LoginHint string

	// Prompt is what the provider has to ask: none, login, consent, select_account
	// or create, several with spaces between them.
	Prompt string

	// Scopes are asked for besides those that the provider is always asked for.
	Scopes []string

	// Params are further parameters, such as access_type. None that belongs to the
	// protocol can be among them.
	Params map[string]string
}

// IDTokenOptions belong to an ID token that the client obtained from the provider itself.
type IDTokenOptions struct {
	// Nonce is what a client made up before it asked for the token, which has to hold
	// its SHA-256 in hexadecimal. So a token that was stolen is of no use without the
	// nonce, which is not in it. The token may have none only if Nonce is empty.
	Nonce string

	// IssuedNonce is, in place of Nonce, one that this server gave out and has taken
	// back: the token has to hold it as it is. Never take it from the client that
	// brings the token, which can read it there.
	IssuedNonce string

	// AccessToken is the access token that came with it, if any: at_hash has to be
	// its hash where the token has one.
	AccessToken string
}
