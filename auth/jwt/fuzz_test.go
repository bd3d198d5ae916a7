package jwt_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/jwt"
)

// FuzzVerify feeds whole tokens. Nothing but the one signed token is accepted,
// in its one spelling, and nothing panics.
func FuzzVerify(f *testing.F) {
	genuine := good().String()
	parts := strings.Split(genuine, ".")
	for _, seed := range []string{
		genuine, "", ".", "..", "....", genuine + ".", parts[0] + "." + parts[1] + ".",
		parts[0] + ".." + parts[2], b64(`{"alg":"none"}`) + "." + parts[1] + ".AA", parts[0] + "." + parts[1] + "." + parts[2] + "\n",
	} {
		f.Add(seed)
	}
	v := verifier(f)
	f.Fuzz(func(t *testing.T, token string) {
		_, err := v.Verify(t.Context(), token)
		if err == nil && token != genuine {
			t.Fatalf("accepted %q", token)
		}
		if err != nil && (token == genuine || !errors.Is(err, auth.ErrInvalid)) {
			t.Fatalf("%q: %v", token, err)
		}
	})
}

// FuzzSigned signs any header and payload, so that the fuzzer gets behind the
// signature. What is accepted must hold when read by encoding/json.
func FuzzSigned(f *testing.F) {
	f.Add(good().header, good().payload)
	f.Add(`{"alg":"HS256","kid":"secret","typ":"at+jwt","crit":["x"]}`, `{"sub":"a","sub":"b"}`)
	f.Add(good().header, goodClaims(map[string]any{"roles": []string{"a"}, "aal": "aal1", "exp": 1e12}))
	f.Add(good().header, `{"exp":1e300,"aud":[[]],"iss":null}`)
	v := verifier(f)
	f.Fuzz(func(t *testing.T, header, payload string) {
		token := forged{header, payload, hs256(privates().secret)}.String()
		p, err := v.Verify(t.Context(), token)
		if err != nil {
			if !errors.Is(err, auth.ErrInvalid) {
				t.Fatalf("%q %q: %v", header, payload, err)
			}
			return
		}
		var claims struct {
			Issuer  string      `json:"iss"`
			Subject string      `json:"sub"`
			Exp     json.Number `json:"exp"`
		}
		if err := json.Unmarshal([]byte(payload), &claims); err != nil {
			t.Fatalf("accepted %q: %v", payload, err)
		}
		exp, err := claims.Exp.Float64()
		if err != nil || exp < float64(now.Unix()-30) {
			t.Fatalf("accepted with exp %v at %d", claims.Exp, now.Unix())
		}
		if claims.Issuer != issuer || claims.Subject == "" || p.ID != claims.Subject {
			t.Fatalf("accepted %q as %v", payload, p)
		}
	})
}

// FuzzParseSet looks for panics and for keys that should not come out.
func FuzzParseSet(f *testing.F) {
	set, err := jwt.Set(keys(f)[1:]...)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(set)
	f.Add([]byte(`{"keys":[{"kty":"EC","crv":"P-256","x":"","y":""}]}`))
	f.Add([]byte(`{"keys":[{"kty":"oct","k":"AA"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		keys, err := jwt.ParseSet(data)
		if (err == nil) != (len(keys) > 0) {
			t.Fatalf("%d keys and %v", len(keys), err)
		}
		for _, key := range keys {
			if key.Algorithm() == "HS256" || key.ID() == "" || len(key.ID()) > 128 {
				t.Fatalf("key %v", key)
			}
		}
	})
}
