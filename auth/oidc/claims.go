package oidc

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// checkIssuer returns the issuer as the provider's metadata has it. go-oidc knows of
// one that leaves out https://.
func (o *openID) checkIssuer(m *metadata, claims map[string]any, read string) (string, error) {
	issuer, ok := o.cfg.issuerOf(m, claims)
	if !ok {
		return "", refuse("users of the tenant in tid may not log in")
	}
	iss := claims["iss"]
	if iss != read || iss != issuer && strings.Contains(m.issuer, tenantID) {
		return "", refuse("iss is not the provider")
	}
	return issuer, nil
}

// checkAudience wants the token to be for us, and made for us where it is for others
// too.
func checkAudience(claims map[string]any, want expected) error {
	var audience []string
	switch aud := claims["aud"].(type) {
	case string:
		audience = []string{aud}
	case []any:
		for _, element := range aud {
			text, ok := element.(string)
			if !ok {
				return refuse("aud is not a list of texts")
			}
			audience = append(audience, text)
		}
	}
	ours := func(id string) bool { return slices.Contains(want.audiences, id) }
	if !slices.ContainsFunc(audience, ours) {
		return refuse("aud is not this client")
	}
	azp, found := claims["azp"]
	party, _ := azp.(string)
	// Google's azp is the app on the phone that asked for a token for its server.
	if mine := ours(party); len(audience) > 1 && !mine || found && want.byCode && !mine {
		return refuse("azp is not this client")
	}
	return nil
}

// checkDates wants exp and iat, and allows for clocks that differ.
func checkDates(claims map[string]any, now time.Time, skew time.Duration) error {
	seconds := func(name string) (float64, bool) {
		number, _ := claims[name].(json.Number)
		value, err := number.Float64()
		return value, err == nil
	}
	at, leeway := float64(now.UnixMilli())/1000, skew.Seconds()
	exp, hasExp := seconds("exp")
	iat, hasIat := seconds("iat")
	nbf, hasNbf := seconds("nbf")
	switch {
	case !hasExp || !hasIat:
		return refuse("exp or iat is missing")
	case at >= exp+leeway:
		return refuse("the ID token has expired")
	case iat > at+leeway || hasNbf && nbf > at+leeway:
		return refuse("the ID token was issued in the future")
	}
	return nil
}

// checkNonce wants both or none.
func checkNonce(claims map[string]any, want string) error {
	value, found := claims["nonce"]
	got, _ := value.(string)
	if !found && want == "" || same(got, want) {
		return nil
	}
	return refuse("nonce is not that of the login")
}
