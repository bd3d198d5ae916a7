package gate_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/jwt"
)

const (
	issuer   = "https://issuer.test"
	audience = "notes"
)

// tokens are made by hand, so that the code under test is not its own oracle.
type tokens struct {
	secret []byte
	rsa    *rsa.PrivateKey
	ecdsa  *ecdsa.PrivateKey
	other  *rsa.PrivateKey // of nobody we know
}

func newTokens(t *testing.T) tokens {
	t.Helper()
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	k := tokens{secret: []byte("k3j5h2g8f4d6s1a9q7w0e5r4t2y6u8i0")}
	var err error
	k.rsa, err = rsa.GenerateKey(rand.Reader, 2048)
	must(err)
	k.other, err = rsa.GenerateKey(rand.Reader, 2048)
	must(err)
	k.ecdsa, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	return k
}

// guarded returns a fixture whose API verifies tokens itself.
func (k tokens) guarded(t *testing.T, f *fixture) *fixture {
	t.Helper()
	var keys []jwt.Key
	for id, private := range map[string]crypto.Signer{"rsa": k.rsa, "ecdsa": k.ecdsa} {
		key, err := jwt.PrivateKey(id, private)
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key.Public())
	}
	secret, err := jwt.SecretKey("secret", k.secret)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := jwt.New(jwt.Config{Audience: audience, Issuer: issuer, Keys: append(keys, secret)})
	if err != nil {
		t.Fatal(err)
	}
	return newFixture(t, f.db, api.Config{Authenticator: auth.Bearer(verifier)})
}

func encoded(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func hs256(secret []byte) func(string) []byte {
	return func(input string) []byte {
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(input))
		return mac.Sum(nil)
	}
}

func rs256(key *rsa.PrivateKey) func(string) []byte {
	return func(input string) []byte {
		digest := sha256.Sum256([]byte(input))
		signature, _ := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:])
		return signature
	}
}

func es256(key *ecdsa.PrivateKey) func(string) []byte {
	return func(input string) []byte {
		digest := sha256.Sum256([]byte(input))
		r, s, _ := ecdsa.Sign(rand.Reader, key, digest[:])
		return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	}
}

// claimsOf returns ana's claims with changes; nil removes one.
func claimsOf(changes map[string]any) string {
	now := time.Now()
	claims := map[string]any{"iss": issuer, "aud": audience, "sub": ana, "tenant_id": tenant1, "iat": now.Unix(), "exp": now.Add(time.Minute).Unix()}
	maps.Copy(claims, changes)
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	out, _ := json.Marshal(claims)
	return string(out)
}

func token(header, claims string, sign func(string) []byte) string {
	input := encoded(header) + "." + encoded(claims)
	return input + "." + encoded(string(sign(input)))
}

// TestA3ForgedTokens: a token that is not signed as it must be is no caller, not even
// an anonymous one, and every such answer is the same.
func TestA3ForgedTokens(t *testing.T) {
	t.Parallel()
	k := newTokens(t)
	der, err := x509.MarshalPKIXPublicKey(&k.rsa.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	nothing := func(string) []byte { return nil }
	good := token(`{"alg":"HS256","kid":"secret","typ":"at+jwt"}`, claimsOf(nil), hs256(k.secret))
	parts := strings.Split(good, ".")
	another := strings.Split(token(`{"alg":"HS256","kid":"secret","typ":"at+jwt"}`, claimsOf(map[string]any{"sub": bea}), hs256(k.secret)), ".")
	k.refused(t, good, []string{
		token(`{"alg":"none","typ":"at+jwt"}`, claimsOf(nil), nothing), token(`{"alg":"None","kid":"secret","typ":"at+jwt"}`, claimsOf(nil), nothing),
		token(`{"alg":"none","kid":"secret","typ":"at+jwt"}`, claimsOf(nil), hs256(k.secret)),
		token(`{"alg":"HS256","kid":"rsa","typ":"at+jwt"}`, claimsOf(nil), hs256(public)), token(`{"alg":"HS256","kid":"rsa","typ":"at+jwt"}`, claimsOf(nil), hs256(der)),
		token(`{"alg":"HS256","kid":"secret","typ":"at+jwt"}`, claimsOf(nil), hs256([]byte("client-secret"))), token(`{"alg":"RS256","kid":"rsa","typ":"at+jwt"}`, claimsOf(nil), rs256(k.other)),
		token(`{"alg":"RS256","kid":"unknown","typ":"at+jwt"}`, claimsOf(nil), rs256(k.other)), token(`{"alg":"ES256","kid":"rsa","typ":"at+jwt"}`, claimsOf(nil), es256(k.ecdsa)),
		parts[0] + "." + parts[1] + ".", parts[0] + "." + parts[1], parts[0] + "." + parts[1] + "." + another[2], parts[0] + "." + another[1] + "." + parts[2], "x", "..", "a.b.c", "null",
	})
}

// TestA4WrongClaims: one claim wrong is a token that does not hold; a little late is
// not wrong.
func TestA4WrongClaims(t *testing.T) {
	t.Parallel()
	k := newTokens(t)
	at := func(d time.Duration) int64 { return time.Now().Add(d).Unix() }
	type claims = map[string]any
	good := func(changes claims) string {
		return token(`{"alg":"RS256","kid":"rsa","typ":"at+jwt"}`, claimsOf(changes), rs256(k.rsa))
	}
	var bad []string
	for _, c := range []claims{
		{"nbf": at(61 * time.Second)},
		{"iat": at(time.Hour)},
		{"iss": "https://evil.example"},
		{"iss": nil},
		{"aud": "other"},
		{"aud": []string{"other"}},
		{"aud": nil},
		{"exp": nil},
		{"sub": nil},
		{"sub": ""},
		{"exp": "1900000000"},
		{"exp": json.RawMessage("1e300")},
		{"roles": "admin"},
		{"tenant_id": 1},
	} {
		bad = append(bad, good(c))
	}
	bad = append(bad, token(`{"alg":"RS256","kid":"rsa","typ":"JWT"}`, claimsOf(nil), rs256(k.rsa)), token(`{"alg":"RS256","kid":"rsa","typ":"at+jwt","crit":["x"],"x":1}`, claimsOf(nil), rs256(k.rsa)))
	k.refused(t, good(claims{"exp": at(-20 * time.Second)}), bad)
	k.refused(t, good(nil), []string{good(claims{"exp": at(-61 * time.Second)}), good(claims{"exp": at(-time.Hour)})})
}

// refused expects ana for the good token, and one and the same 401 for all bad
// ones, on every way.
func (k tokens) refused(t *testing.T, good string, bad []string) {
	t.Helper()
	f := k.guarded(t, openSQLite(t))
	client := func(token string) (status int, text string) {
		res := newClient(t, f).With("Authorization", "Bearer "+token).Get("/notes?select=slug")
		return res.Status, res.Header.Get("WWW-Authenticate") + " " + res.Body
	}
	if status, text := client(good); status != http.StatusOK || !strings.HasSuffix(text, `[{"slug":"ana-draft"},{"slug":"ana-shared"},{"slug":"ari-shared"}]`) {
		t.Fatalf("the good token: %d %s", status, text)
	}
	first := ""
	f.untouched(t, "a bad token", func() {
		for _, token := range bad {
			status, text := client(token)
			if first == "" {
				first = text
			}
			if status != http.StatusUnauthorized || text != first || !strings.Contains(text, `Bearer error="invalid_token"`) {
				t.Errorf("%s: %d %s\nwant 401 and %s", token, status, text, first)
			}
			for _, a := range []ask{
				{method: http.MethodGet, target: "/news"},
				{method: http.MethodPost, target: "/rpc/all_suggestions"},
				{method: http.MethodHead, target: "/tags"},
				{method: http.MethodDelete, target: "/notes/" + anaDraft},
				{method: http.MethodGet, target: "/nothing"},
			} {
				res := newClient(t, f).With("Authorization", "Bearer "+token).Do(a.method, a.target, nil)
				if res.Status != http.StatusUnauthorized {
					t.Errorf("%s with %s: status %d", a, token, res.Status)
				}
			}
		}
	})
}
