package auth

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
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
