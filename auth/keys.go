package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
)

// The prefixes distinguish keys from tokens and publishable keys from secret ones, for
// programs and for scanners that search for leaked secrets.
const (
	publishablePrefix = "sb_publishable_"
	secretPrefix      = "sb_secret_"
)

const (
	minKeyLength   = 22  // characters after the prefix: 128 bits in base64
	maxKeyLength   = 128 // of the same
	minKeyAlphabet = 8   // different ones among them: placeholders have fewer
)

// Keys are the API keys that client libraries send with every request. Each kind
// is a list so that keys can be rotated: add the new one, move the clients,
// remove the old one.
//
// A project that moves from a hosted Supabase can list its old keys here, the JWT
// with the role anon under Publishable and the one with service_role under Secret.
// They are compared as whole texts: neither the signature nor exp is checked, and a
// key counts until it is removed from the list.
//
// Keys never prints or logs the keys themselves.
type Keys struct {
	// Publishable keys are in the source of web pages and apps. They are no
	// secret and give no rights: their bearer is anonymous.
	Publishable []string

	// Secret keys belong to programs of the application's owner. Their bearer is
	// of Kind Service.
	Secret []string
}

// NewPublishableKey returns a fresh key for [Keys.Publishable].
func NewPublishableKey() string { return publishablePrefix + rand.Text() }

// NewSecretKey returns a fresh key for [Keys.Secret] with 130 bits of entropy.
func NewSecretKey() string { return secretPrefix + rand.Text() }

// Validate reports every key that has not the form of its kind, is too short,
// looks like a placeholder, or occurs twice. It names keys by their position.
func (k Keys) Validate() error {
	var problems []error
	seen := make(map[string]bool)
	check := func(kind, prefix, role string, keys []string) {
		for i, key := range keys {
			err := checkKey(key, prefix)
			if isJWT(key) {
				err = checkJWTKey(key, role)
			}
			if err != nil {
				problems = append(problems, fmt.Errorf("auth: %s key %d %w", kind, i+1, err))
			}
			if seen[key] {
				problems = append(problems, fmt.Errorf("auth: %s key %d occurs twice", kind, i+1))
			}
			seen[key] = true
		}
	}
	check("publishable", publishablePrefix, "anon", k.Publishable)
	check("secret", secretPrefix, "service_role", k.Secret)
	return errors.Join(problems...)
}

func checkKey(key, prefix string) error {
	random, ok := strings.CutPrefix(key, prefix)
	if !ok {
		return fmt.Errorf("does not begin with %s", prefix)
	}
	if len(random) < minKeyLength || len(random) > maxKeyLength {
		return fmt.Errorf("needs %d to %d random characters after %s", minKeyLength, maxKeyLength, prefix)
	}
	alphabet := make(map[byte]bool)
	for i := range len(random) {
		if !isKeyChar(random[i]) {
			return errors.New("has a character other than letters, digits, - and _")
		}
		alphabet[random[i]] = true
	}
	if len(alphabet) < minKeyAlphabet {
		return errors.New("is not random")
	}
	return nil
}

// isJWT reports whether a key has the form of a JWT. Its header is a JSON object in base64url.
func isJWT(key string) bool { return strings.HasPrefix(key, "eyJ") && strings.Count(key, ".") == 2 }

// minSignature is the length in bytes of the shortest signature of a JWT key, that of HS256.
const minSignature = 32

// checkJWTKey validates a key in the form of a JWT. It checks the role, so that a secret
// key is not published by mistake. It also requires a signature, without which the key
// could be guessed.
func checkJWTKey(key, role string) error {
	parts := strings.Split(key, ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	var claims struct{ Role string }
	if err != nil || json.Unmarshal(payload, &claims) != nil {
		return errors.New("is a JWT that cannot be read")
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	switch {
	case claims.Role != role:
		return fmt.Errorf("is a JWT without the role %s", role)
	case err != nil || len(signature) < minSignature:
		return errors.New("is a JWT without a signature")
	}
	return checkToken(key)
}

func isKeyChar(c byte) bool { return isTokenChar(c) && strings.IndexByte(".~+/=", c) < 0 }

// isKey reports whether a token is meant to be an API key, known or not.
func isKey(token string) bool {
	return strings.HasPrefix(token, publishablePrefix) || strings.HasPrefix(token, secretPrefix)
}

// Format prints the number of keys, for every verb.
func (k Keys) Format(state fmt.State, _ rune) {
	_, _ = fmt.Fprintf(state, "auth.Keys(%d publishable, %d secret)", len(k.Publishable), len(k.Secret))
}

// LogValue implements [slog.LogValuer] with how many keys there are.
func (k Keys) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(k)) }

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
