package auth

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
)

// Keyring recognises [Keys]. It is safe for concurrent use.
type Keyring struct {
	keys []knownKey
	jwts bool // some keys have the form of a JWT
}

// knownKey is a key by its digest: the keys themselves are not kept, and equal
// lengths make comparing them take the same time for every input.
type knownKey struct {
	digest [sha256.Size]byte
	bearer Principal
}

// NewKeyring returns a Keyring for valid keys; see [Keys.Validate]. One without
// any keys recognises none.
func NewKeyring(keys Keys) (*Keyring, error) {
	if err := keys.Validate(); err != nil {
		return nil, err
	}
	ring := &Keyring{jwts: slices.ContainsFunc(slices.Concat(keys.Publishable, keys.Secret), isJWT)}
	for _, key := range keys.Publishable {
		ring.keys = append(ring.keys, knownKey{digest: sha256.Sum256([]byte(key))})
	}
	for _, key := range keys.Secret {
		digest := sha256.Sum256([]byte(key))
		ring.keys = append(ring.keys, knownKey{digest, Principal{
			Kind: Service,
			// Names the key in logs. It reveals nothing about 128 random bits.
			ID: "secret-key-" + hex.EncodeToString(digest[:4]),
		}})
	}
	return ring, nil
}

// Verify verifies a key outside of headers, such as the key of a WebSocket. A publishable
// key gives the zero Principal. A secret key gives a principal of Kind Service with an ID
// that names the key. Verify cannot detect browsers, so the caller must reject secret keys
// from them.
func (k *Keyring) Verify(_ context.Context, key string) (Principal, error) {
	bearer := k.find(key)
	if bearer == nil {
		return Principal{}, refuse("unknown API key")
	}
	return *bearer, nil
}

// find returns the bearer of a key, nil for an unknown one.
func (k *Keyring) find(key string) *Principal {
	digest := sha256.Sum256([]byte(key))
	var bearer *Principal
	for i := range k.keys {
		if subtle.ConstantTimeCompare(digest[:], k.keys[i].digest[:]) == 1 {
			bearer = &k.keys[i].bearer
		}
	}
	return bearer
}

// Authenticator returns an Authenticator that reads keys from the header apikey, or
// from a Bearer token in the form of a key. It leaves all other credentials to next.
// Wrap the other authenticators with it instead of chaining them: without a session
// client libraries send a key as the Bearer token, and token parsers would reject it.
//
// The caller next finds outranks the key, so a server that acts for a user by
// sending its secret key and the user's token has the rights of the user. With
// two different keys the one in Authorization counts.
//
// An unknown key is rejected. A secret key from a browser is rejected too, even beside
// valid credentials: such a key is public and has to be replaced. A browser is
// recognized by the headers Origin, Sec-Fetch-Site or Sec-Fetch-Dest, or by a
// User-Agent that begins with Mozilla/. This prevents accidents, not attacks, because
// an attacker can send any headers.
func (k *Keyring) Authenticator(next Authenticator) Authenticator {
	return AuthenticatorFunc(func(r *http.Request) (Principal, error) {
		token, err := bearerToken(r.Header)
		if err != nil {
			return Principal{}, err
		}
		key, err := headerKey(r.Header)
		if err != nil {
			return Principal{}, err
		}
		var bearer Principal
		if key != "" {
			if bearer, err = k.fromRequest(r, key); err != nil {
				return Principal{}, err
			}
		}
		switch {
		case token != "" && token == key:
			return bearer, nil
		case isKey(token), k.jwts && isJWT(token) && k.find(token) != nil:
			return k.fromRequest(r, token)
		}
		p, err := next.Authenticate(r)
		if err != nil {
			return Principal{}, err
		}
		switch {
		case p.Kind != Anonymous:
			return p, nil
		case bearer.Kind == Anonymous: // a publishable key, which says nothing
			return p, nil
		}
		return bearer.withClaims(p.Claims), nil
	})
}

// fromRequest verifies a key and rejects secret keys from browsers.
func (k *Keyring) fromRequest(r *http.Request, key string) (Principal, error) {
	bearer, err := k.Verify(r.Context(), key)
	if err == nil && bearer.Kind == Service && fromBrowser(r.Header) {
		return Principal{}, refuse("secret API key in a browser")
	}
	return bearer, err
}

// headerKey returns the key in the header apikey, or "" if there is none.
func headerKey(header http.Header) (string, error) {
	values := header["Apikey"]
	switch {
	case len(values) == 0:
		return "", nil
	case len(values) > 1:
		return "", refuse("more than one apikey header")
	}
	return values[0], checkToken(values[0])
}

// fromBrowser reports whether a browser sent the header. Sec-Fetch-Mode is no
// sign of one: the fetch of Node.js sends it too.
func fromBrowser(header http.Header) bool {
	return header.Get("Origin") != "" ||
		header.Get("Sec-Fetch-Site") != "" ||
		header.Get("Sec-Fetch-Dest") != "" ||
		strings.HasPrefix(header.Get("User-Agent"), "Mozilla/")
}
