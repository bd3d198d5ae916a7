package jwt_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/jwt"
)

// source is a KeySource of one key, or of nothing but an error.
type source struct {
	key jwt.Key
	err error
}

func (s source) Key(_ context.Context, id string) (jwt.Key, bool, error) {
	return s.key, s.err == nil && id == s.key.ID(), s.err
}

func TestOpen(t *testing.T) {
	t.Parallel()
	key, err := jwt.PrivateKey("ecdsa", privates().ecdsa)
	if err != nil {
		t.Fatal(err)
	}
	token := func(header, payload string) string {
		return forged{header: header, payload: payload, sign: es256(privates().ecdsa)}.String()
	}
	const header = `{"alg":"ES256","kid":"ecdsa"}`
	for _, tt := range []struct {
		name, token string
		keys        source
		want        error
	}{
		{"Good", token(header, `{"sub":"ann"}`), source{key: key}, nil},
		{"LongerThanAnAccessToken", token(header, `{"sub":"ann","x":"`+strings.Repeat("x", auth.MaxTokenSize)+`"}`), source{key: key}, nil},
		{"TooLong", token(header, `{"x":"`+strings.Repeat("x", jwt.MaxOpened)+`"}`), source{key: key}, auth.ErrInvalid},
		{"ClaimTwice", token(header, `{"sub":"ann","sub":"bob"}`), source{key: key}, auth.ErrInvalid},
		{"NoObject", token(header, `[]`), source{key: key}, auth.ErrInvalid},
		{"AnotherAlgorithm", token(`{"alg":"RS256","kid":"ecdsa"}`, `{}`), source{key: key}, auth.ErrInvalid},
		{"None", token(`{"alg":"none","kid":"ecdsa"}`, `{}`), source{key: key}, auth.ErrInvalid},
		{"KeyInHeader", token(`{"alg":"ES256","kid":"ecdsa","jwk":{}}`, `{}`), source{key: key}, auth.ErrInvalid},
		{"UnknownKey", token(`{"alg":"ES256","kid":"other"}`, `{}`), source{key: key}, auth.ErrInvalid},
		{"AnotherSignature", forged{header: header, payload: `{}`, sign: hs256([]byte("x"))}.String(), source{key: key}, auth.ErrInvalid},
		{"NobodyCanTell", token(header, `{}`), source{err: errors.New("down")}, auth.ErrUnavailable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			opened, err := jwt.Open(t.Context(), tt.keys, tt.token)
			if !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) {
				t.Fatalf("error is %v, want %v", err, tt.want)
			}
			if err == nil && (opened.Algorithm != "ES256" || opened.Type != "" || opened.Claims["sub"] != "ann" || !strings.HasPrefix(string(opened.Payload), `{"sub":"ann"`)) {
				t.Errorf("opened %v", opened)
			}
		})
	}
}

func TestAssert(t *testing.T) {
	t.Parallel()
	key, err := jwt.PrivateKey("ed", privates().ed)
	if err != nil {
		t.Fatal(err)
	}
	token, err := jwt.Assert(key, map[string]any{"sub": "us", "aud": "them"})
	if err != nil {
		t.Fatal(err)
	}
	opened, err := jwt.Open(t.Context(), source{key: key.Public()}, token)
	if err != nil || opened.Type != "jwt" || string(opened.Payload) != `{"aud":"them","sub":"us"}` {
		t.Errorf("%v, %v", opened, err)
	}
	if _, err := jwt.Assert(key.Public(), nil); err == nil {
		t.Error("signed without a private key")
	}
}

// everyKey is a KeySource that has a key for every id, and records the longest one.
type everyKey struct {
	key     jwt.Key
	longest *int
}

func (s everyKey) Key(_ context.Context, id string) (jwt.Key, bool, error) {
	*s.longest = max(*s.longest, len(id))
	return s.key, true, nil
}

// TestLongKeyID: a kid of more than 128 bytes is refused before the KeySource is asked, which may remember or send it.
func TestLongKeyID(t *testing.T) {
	t.Parallel()
	key, err := jwt.SecretKey("secret", privates().secret)
	if err != nil {
		t.Fatal(err)
	}
	longest := 0
	v := verifier(t, func(c *jwt.Config) { c.Keys, c.KeySource = nil, everyKey{key, &longest} })
	for n, want := range map[int]string{1: "ok", 128: "ok", 129: refused, 4096: refused} {
		token := good()
		token.header = `{"alg":"HS256","kid":"` + strings.Repeat("k", n) + `","typ":"at+jwt"}`
		if got := outcome(t, v, token.String()); got != want {
			t.Errorf("a kid of %d bytes: %s", n, got)
		}
	}
	if longest != 128 {
		t.Errorf("the source was asked for an id of %d bytes", longest)
	}
}
