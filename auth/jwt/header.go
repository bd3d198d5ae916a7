package jwt

import "strings"

// typAccess is the typ of access tokens (RFC 9068 section 2.1).
const typAccess = "at+jwt"

// forbidden are header parameters that no token of ours needs. The first four
// would let a token bring its own key, and crit demands extensions we do not
// have (RFC 7515 section 4.1.11). The rest belong to encryption and to unencoded
// payloads.
var forbidden = [...]string{"jwk", "jku", "x5c", "x5u", "crit", "b64", "enc", "zip"}

// checkHeader returns the key a token is to be verified with. What the header
// says only selects among configured keys; it must agree with the one it gets.
func (v *Verifier) checkHeader(data []byte) (Key, error) {
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
	key, err := v.selectKey(header)
	if err != nil {
		return Key{}, err
	}
	if header["alg"] != string(key.algorithm) {
		return Key{}, refuse("alg is not that of the key")
	}
	return key, nil
}

// selectKey looks kid up as the plain data it is.
func (v *Verifier) selectKey(header map[string]any) (Key, error) {
	value, found := header["kid"]
	if !found {
		if v.only != nil {
			return *v.only, nil
		}
		value = "" // finds the key without an id, if there is one
	}
	kid, ok := value.(string)
	if !ok || len(kid) > maxKeyID {
		return Key{}, refuse("kid is not a short string")
	}
	key, found := v.keys[kid]
	if !found {
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
