package jwt_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/jwt"
)

// Tokens in these tests are put together by hand, with nothing but the standard
// library, so that the code under test is not its own oracle.

const (
	issuer   = "https://notes.example"
	audience = "notes"
)

// now is the time of all these tests.
var now = time.Date(2026, time.November, 20, 12, 0, 0, 0, time.UTC)

func clock() time.Time { return now }

// private has a private key of every sort. They are made once: RSA is slow.
type private struct {
	secret []byte
	rsa    *rsa.PrivateKey
	ecdsa  *ecdsa.PrivateKey
	ed     ed25519.PrivateKey
	other  *rsa.PrivateKey // of nobody we know
}

var privates = sync.OnceValue(func() private {
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	var p private
	var err error
	p.secret = []byte("k3j5h2g8f4d6s1a9q7w0e5r4t2y6u8i0")
	p.rsa, err = rsa.GenerateKey(rand.Reader, 2048)
	must(err)
	p.other, err = rsa.GenerateKey(rand.Reader, 2048)
	must(err)
	p.ecdsa, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	_, p.ed, err = ed25519.GenerateKey(rand.Reader)
	must(err)
	return p
})

// keys returns the four keys with the ids secret, rsa, ecdsa and ed.
func keys(tb testing.TB) []jwt.Key {
	tb.Helper()
	p := privates()
	secret, err := jwt.SecretKey("secret", p.secret)
	if err != nil {
		tb.Fatal(err)
	}
	out := []jwt.Key{secret}
	for id, signer := range map[string]crypto.Signer{"rsa": p.rsa, "ecdsa": p.ecdsa, "ed": p.ed} {
		key, err := jwt.PrivateKey(id, signer)
		if err != nil {
			tb.Fatal(err)
		}
		out = append(out, key)
	}
	return out
}

// verifier returns a Verifier for all keys, changed by the given functions.
func verifier(tb testing.TB, changes ...func(*jwt.Config)) *jwt.Verifier {
	tb.Helper()
	config := jwt.Config{Audience: audience, Issuer: issuer, Keys: keys(tb), Now: clock}
	for _, change := range changes {
		change(&config)
	}
	v, err := jwt.New(config)
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

func hs256(secret []byte) func(input string) []byte {
	return func(input string) []byte {
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(input))
		return mac.Sum(nil)
	}
}

func rs256(key *rsa.PrivateKey) func(input string) []byte {
	return func(input string) []byte {
		digest := sha256.Sum256([]byte(input))
		signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:])
		if err != nil {
			panic(err)
		}
		return signature
	}
}

func es256(key *ecdsa.PrivateKey) func(input string) []byte {
	return func(input string) []byte {
		digest := sha256.Sum256([]byte(input))
		r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
		if err != nil {
			panic(err)
		}
		return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	}
}

func eddsa(key ed25519.PrivateKey) func(input string) []byte {
	return func(input string) []byte { return ed25519.Sign(key, []byte(input)) }
}

// forged is a token in parts, each free to be wrong.
type forged struct {
	header  string
	payload string
	sign    func(input string) []byte
}

func (f forged) String() string {
	input := b64(f.header) + "." + b64(f.payload)
	return input + "." + b64(string(f.sign(input)))
}

func b64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// goodClaims are the claims of a token that is accepted, with changes; a nil
// value removes a claim.
func goodClaims(changes map[string]any) string {
	claims := map[string]any{
		"iss": issuer, "aud": audience, "sub": "ada",
		"iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	}
	maps.Copy(claims, changes)
	maps.DeleteFunc(claims, func(_ string, value any) bool { return value == nil })
	out, err := json.Marshal(claims)
	if err != nil {
		panic(err)
	}
	return string(out)
}

// good returns a token of the HS256 key that is accepted.
func good() forged {
	return forged{
		header:  `{"alg":"HS256","kid":"secret","typ":"at+jwt"}`,
		payload: goodClaims(nil),
		sign:    hs256(privates().secret),
	}
}

// problem is how the error exit looks at an error.
type problem interface {
	error
	Problem() string
}

const (
	refused = "PGRST301 auth: invalid credential"
	expired = "PGRST303 auth: credential expired"
)

// outcome is what a client learns: "ok", or the code and the public text.
func outcome(tb testing.TB, v auth.Verifier, token string) string {
	tb.Helper()
	p, err := v.Verify(tb.Context(), token)
	if err == nil {
		if p.Kind != auth.User || p.ID == "" {
			tb.Errorf("accepted as %v", p)
		}
		return "ok"
	}
	if p.Kind != auth.Anonymous || p.ID != "" || p.Claims != nil {
		tb.Errorf("a refusal came with a caller: %v", p)
	}
	if !errors.Is(err, auth.ErrInvalid) {
		tb.Errorf("refusal is no ErrInvalid: %v", err)
	}
	coded, ok := errors.AsType[problem](err)
	if !ok {
		tb.Fatalf("refusal has no code: %v", err)
	}
	return coded.Problem() + " " + coded.Error()
}
