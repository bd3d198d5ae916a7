package auth

import (
	"net/http"
	"strings"
)

// MaxTokenSize is the length in bytes up to which a token is looked at. Longer
// ones are refused before anything parses them.
const MaxTokenSize = 8 << 10

// Bearer returns an Authenticator for tokens in the Authorization header (RFC
// 6750 section 2.1), judged by v. Another scheme, or no header, is nothing of
// its own. A header that is repeated, or a token that is empty, longer than
// [MaxTokenSize] or not made of token characters, is refused.
func Bearer(v Verifier) Authenticator {
	return AuthenticatorFunc(func(r *http.Request) (Principal, error) {
		token, err := bearerToken(r.Header)
		if token == "" || err != nil {
			return Principal{}, err
		}
		return judged(v.Verify(r.Context(), token))
	})
}

// bearerToken returns the token of the Authorization header, or "" if there is
// none of that scheme.
func bearerToken(header http.Header) (string, error) {
	values := header["Authorization"]
	switch len(values) {
	case 0:
		return "", nil
	case 1:
	default:
		return "", refuse("more than one Authorization header")
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", nil
	}
	token = strings.Trim(token, " ")
	if err := checkToken(token); err != nil {
		return "", err
	}
	return token, nil
}

// checkToken refuses what cannot be a token without reading more of it than
// needed.
func checkToken(token string) error {
	switch {
	case token == "":
		return refuse("empty token")
	case len(token) > MaxTokenSize:
		return refuse("token too long")
	}
	for i := range len(token) {
		if !isTokenChar(token[i]) {
			return refuse("token with a character that no token has")
		}
	}
	return nil
}

// tokenChars are those that may be in a b64token (RFC 6750 section 2.1). Every request of a
// user has some hundreds.
var tokenChars = func() (table [256]bool) {
	for _, c := range []byte("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~+/=") {
		table[c] = true
	}
	return table
}()

func isTokenChar(c byte) bool { return tokenChars[c] }
