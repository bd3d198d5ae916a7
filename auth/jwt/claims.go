package jwt

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/seed-7694ebf6/plinth/auth"
)

const (
	maxText = 255          // bytes of a claim that becomes a column or a name
	maxDate = 253402300799 // the end of the year 9999: beyond, it is no date
)

// ownClaims are the claims a [Signer] writes and a [Verifier] reads by
// themselves, besides the tenant claim.
var ownClaims = []string{
	"aal", "aud", "exp", "iat", "is_anonymous", "iss", "jti", "nbf",
	"permissions", "role", "roles", "session_id", "sub",
}

// checkClaims validates the claims of a token with a valid signature. Expiry comes last, so
// ErrExpired means that nothing else was wrong.
func (v *Verifier) checkClaims(c claims) (auth.Principal, error) {
	if c["iss"] != v.config.Issuer {
		return auth.Principal{}, refuse("iss is not the configured issuer")
	}
	if err := c.checkAudience(v.config.Audience); err != nil {
		return auth.Principal{}, err
	}
	p, err := c.principal(v.config.TenantClaim)
	if err != nil {
		return auth.Principal{}, err
	}
	if err := c.checkDates(v.config.Now(), v.config.Skew); err != nil {
		return auth.Principal{}, err
	}
	return p, nil
}

// claims is a decoded payload. Its methods take an absent claim for the zero
// value and refuse one of another type; null is another type.
type claims map[string]any

// text returns a string that is fit to be stored and compared.
func (c claims) text(name string) (string, error) {
	value, found := c[name]
	if !found {
		return "", nil
	}
	s, ok := value.(string)
	if !ok || len(s) > maxText || strings.ContainsFunc(s, unicode.IsControl) {
		return "", refuse(name + " is not a plain string")
	}
	return s, nil
}

// texts returns an array of strings.
func (c claims) texts(name string) ([]string, error) {
	value, found := c[name]
	if !found {
		return nil, nil
	}
	elements, ok := value.([]any)
	if !ok {
		return nil, refuse(name + " is not an array")
	}
	var out []string
	for _, element := range elements {
		s, err := claims{name: element}.text(name)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// flag returns a boolean.
func (c claims) flag(name string) (bool, error) {
	value, found := c[name]
	flag, ok := value.(bool)
	if found && !ok {
		return false, refuse(name + " is not a boolean")
	}
	return flag, nil
}

// date returns a NumericDate (RFC 7519 section 2), which may have a fraction.
func (c claims) date(name string) (at time.Time, found bool, err error) {
	value, found := c[name]
	if !found {
		return time.Time{}, false, nil
	}
	number, ok := value.(json.Number)
	if !ok {
		return time.Time{}, true, refuse(name + " is not a number")
	}
	seconds, err := number.Float64()
	if err != nil || seconds < 0 || seconds > maxDate {
		return time.Time{}, true, refuse(name + " is not a date")
	}
	whole := int64(seconds)
	return time.Unix(whole, int64((seconds-float64(whole))*1e9)), true, nil
}

// checkAudience wants aud to be the audience or an array of strings with it.
func (c claims) checkAudience(audience string) error {
	if c["aud"] == audience {
		return nil
	}
	several, err := c.texts("aud")
	if err != nil || !slices.Contains(several, audience) {
		return refuse("aud is not the configured audience")
	}
	return nil
}

// checkDates compares exp, nbf and iat with now. Only exp is required.
func (c claims) checkDates(now time.Time, skew time.Duration) error {
	for _, name := range []string{"nbf", "iat"} {
		at, found, err := c.date(name)
		if err != nil {
			return err
		}
		if found && at.After(now.Add(skew)) {
			return refuse(name + " is in the future")
		}
	}
	exp, found, err := c.date("exp")
	if err != nil {
		return err
	}
	if !found {
		return refuse("exp is missing")
	}
	if !now.Before(exp.Add(skew)) {
		return auth.ErrExpired
	}
	return nil
}
