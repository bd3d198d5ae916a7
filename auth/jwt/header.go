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

// readHeader decodes a header and refuses one that no token of ours has.
func readHeader(data []byte) (map[string]any, error) {
	header, err := decodeObject(data)
	if err != nil {
		return nil, refuse("header " + err.Error())
	}
	for _, name := range forbidden {
		if _, found := header[name]; found {
			return nil, refuse("header has " + name)
		}
	}
	return header, nil
}

// selectKey returns the key that verifies a token. The header only selects among keys, and its
// algorithm must agree with the selected key. The algorithm is checked first, so a token with
// an unknown one causes no request for keys.
func selectKey(ctx context.Context, keys KeySource, header map[string]any) (Key, error) {
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
	key, found, err := keys.Key(ctx, kid)
	switch {
	case err != nil:
		return Key{}, fmt.Errorf("auth/jwt: keys: %w: %w", auth.ErrUnavailable, err)
	case !found || key.verify == nil:
		return Key{}, refuse("kid is not known")
	case header["alg"] != string(key.algorithm):
		return Key{}, refuse("alg is not that of the key")
	}
	return key, nil
}

// typeOf returns the typ of a header. It is a media type, so its case and a leading
// application/ do not matter (RFC 7515 section 4.1.9). A typ that is not a string is returned
// as an unknown one.
func typeOf(header map[string]any) string {
	value := header["typ"]
	if value == nil {
		return ""
	}
	typ, ok := value.(string)
	if !ok || typ == "" {
		return "?"
	}
	return strings.TrimPrefix(strings.ToLower(typ), "application/")
}

// checkType rejects tokens that are not access tokens but may be signed by the same issuer.
func (v *Verifier) checkType(typ string) error {
	if typ == typAccess || v.config.InsecureUntyped && (typ == "" || typ == "jwt") {
		return nil
	}
	return refuse("typ is not at+jwt, which access tokens have")
}
