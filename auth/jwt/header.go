package jwt

import (
	"context"
	"fmt"
	"strings"

	"github.com/seed-7694ebf6/plinth/auth"
)

// typAccess is the typ of access tokens (RFC 9068 section 2.1).
const typAccess = "at+jwt"

// forbidden are header parameters that no token of ours needs. The first four
// would let a token bring its own key, and crit demands extensions we do not
// have (RFC 7515 section 4.1.11). The rest belong to encryption and to unencoded
// payloads.
var forbidden = [...]string{"jwk", "jku", "x5c", "x5u", "crit", "b64", "enc", "zip"}

// checkHeader returns the key a token is to be verified with. What the header
// says only selects among configured keys; it must agree with the one it gets.
func (v *Verifier) checkHeader(ctx context.Context, data []byte) (Key, error) {
	header, err := decodeObject(data)
	if err != nil {
		return Key{}, refuse("header " + err.Error())
	}
	for _, name := range forbidden {
		if _, found := header[name]; found {
			return Key{}, refuse("header has " + name)
		}
	}
	if err := v.checkType(header["typ"]); err != nil {
		return Key{}, err
	}
	key, err := v.selectKey(ctx, header)
	if err != nil {
		return Key{}, err
	}
	if header["alg"] != string(key.algorithm) {
		return Key{}, refuse("alg is not that of the key")
	}
	return key, nil
}

// selectKey looks kid up as the plain data it is. The algorithm is looked at
// first: one that no key has is no reason to ask anybody for keys.
func (v *Verifier) selectKey(ctx context.Context, header map[string]any) (Key, error) {
	switch header["alg"] {
	case "RS256", "ES256", "EdDSA", "HS256":
	default:
		return Key{}, refuse("alg is not known")
	}
	kid := ""
	if value, found := header["kid"]; found {
		ok := false
		if kid, ok = value.(string); !ok || len(kid) > maxKeyID {
			return Key{}, refuse("kid is not a short string")
		}
	}
	key, found, err := v.keys.Key(ctx, kid)
	switch {
	case err != nil:
		return Key{}, fmt.Errorf("auth/jwt: keys: %w: %w", auth.ErrUnavailable, err)
	case !found || key.verify == nil:
		return Key{}, refuse("kid is not known")
	}
	return key, nil
}

// checkType tells access tokens from others the issuer may sign. A typ is a
// media type, so its case and a leading application/ do not matter (RFC 7515
// section 4.1.9).
func (v *Verifier) checkType(value any) error {
	if value == nil && v.config.InsecureUntyped {
		return nil
	}
	typ, _ := value.(string)
	typ = strings.TrimPrefix(strings.ToLower(typ), "application/")
	if typ == typAccess || typ == "jwt" && v.config.InsecureUntyped {
		return nil
	}
	return refuse("typ is not that of an access token")
}
