package jwt

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

const (
	maxSetSize = 256 << 10 // bytes of a JWK Set
	maxSetKeys = 50
)

// Set returns the JWK Set (RFC 7517 section 5) with the public halves of keys, as
// published at an issuer's jwks_uri. It refuses secret keys, which have none.
func Set(keys ...Key) ([]byte, error) {
	set := jose.JSONWebKeySet{Keys: make([]jose.JSONWebKey, 0, len(keys))}
	for _, key := range keys {
		public := key.Public()
		if public.verify == nil {
			return nil, fmt.Errorf("auth/jwt: key %q cannot be published", key.id)
		}
		set.Keys = append(set.Keys, jose.JSONWebKey{
			Key: public.verify, KeyID: public.id, Algorithm: string(public.algorithm), Use: "sig",
		})
	}
	out, err := json.Marshal(set)
	if err != nil {
		return nil, fmt.Errorf("auth/jwt: write key set: %w", err)
	}
	return out, nil
}

// ParseSet reads the public keys of a JWK Set. Keys that are for something else
// or for other algorithms are left out, as RFC 7517 section 5 wants it; a set
// with private or secret keys, with broken or weak ones, or with none to use is
// refused. It reads at most 256 KiB and 50 keys.
func ParseSet(data []byte) ([]Key, error) {
	if len(data) > maxSetSize {
		return nil, fmt.Errorf("auth/jwt: key set is larger than %d bytes", maxSetSize)
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(data, &set); err != nil {
		return nil, errors.New("auth/jwt: key set is not JSON")
	}
	if len(set.Keys) > maxSetKeys {
		return nil, fmt.Errorf("auth/jwt: key set has more than %d keys", maxSetKeys)
	}
	var keys []Key
	for i, raw := range set.Keys {
		key, ok, err := parseJWK(raw)
		if err != nil {
			return nil, fmt.Errorf("auth/jwt: key %d of the set: %w", i+1, err)
		}
		if ok {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("auth/jwt: key set has no key to verify with")
	}
	return keys, nil
}

// parseJWK reads one key; ok is false if it is for something else.
func parseJWK(raw []byte) (key Key, ok bool, err error) {
	members, err := decodeObject(raw)
	if err != nil {
		return Key{}, false, err
	}
	for _, private := range []string{"d", "k", "p", "q"} {
		if _, found := members[private]; found {
			return Key{}, false, errors.New("is not public")
		}
	}
	if !isForUs(members) {
		return Key{}, false, nil
	}
	var parsed jose.JSONWebKey
	if err := parsed.UnmarshalJSON(raw); err != nil {
		return Key{}, false, errors.New("is not a valid key")
	}
	key, err = PublicKey(parsed.KeyID, parsed.Key)
	if err != nil {
		return Key{}, false, err
	}
	return key, true, nil
}

// isForUs reports whether a JWK is for signatures with an algorithm we know. The
// algorithm follows from the type of the key; an alg member may only confirm it.
func isForUs(members map[string]any) bool {
	var algorithm jose.SignatureAlgorithm
	switch {
	case members["kty"] == "RSA":
		algorithm = jose.RS256
	case members["kty"] == "EC" && members["crv"] == "P-256":
		algorithm = jose.ES256
	case members["kty"] == "OKP" && members["crv"] == "Ed25519":
		algorithm = jose.EdDSA
	default:
		return false
	}
	alg, hasAlg := members["alg"]
	use, hasUse := members["use"]
	return (!hasAlg || alg == string(algorithm)) && (!hasUse || use == "sig")
}
