package jwt_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/auth/jwt"
)

func TestSetRoundTrip(t *testing.T) {
	t.Parallel()

	all := keys(t)
	set, err := jwt.Set(all[1:]...)
	if err != nil {
		t.Fatal(err)
	}
	var members struct{ Keys []map[string]string }
	if err := json.Unmarshal(set, &members); err != nil {
		t.Fatal(err)
	}
	for _, key := range members.Keys {
		for _, private := range []string{"d", "p", "q", "dp", "dq", "qi", "k"} {
			if key[private] != "" {
				t.Errorf("key %s is published with %s", key["kid"], private)
			}
		}
		if key["use"] != "sig" || key["alg"] == "" {
			t.Errorf("key %s has use %q and alg %q", key["kid"], key["use"], key["alg"])
		}
	}
	parsed, err := jwt.ParseSet(set)
	if err != nil {
		t.Fatal(err)
	}
	v := verifier(t, func(c *jwt.Config) { c.Keys = parsed })
	p := privates()
	for head, sign := range map[string]func(string) []byte{
		`{"alg":"RS256","kid":"rsa","typ":"at+jwt"}`:   rs256(p.rsa),
		`{"alg":"ES256","kid":"ecdsa","typ":"at+jwt"}`: es256(p.ecdsa),
		`{"alg":"EdDSA","kid":"ed","typ":"at+jwt"}`:    eddsa(p.ed),
	} {
		if got := outcome(t, v, forged{head, goodClaims(nil), sign}.String()); got != "ok" {
			t.Errorf("%s: %s", head, got)
		}
	}
	if _, err := jwt.Set(all[0]); err == nil {
		t.Error("a secret key was published")
	}
	if set, err := jwt.Set(); err != nil || string(set) != `{"keys":[]}` {
		t.Errorf("set of nothing is %s, %v", set, err)
	}
}

func TestParseSet(t *testing.T) {
	t.Parallel()

	const okp = `{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"%s}`
	key := func(more string) string { return fmt.Sprintf(okp, more) }
	set := func(keys ...string) string { return `{"keys":[` + strings.Join(keys, ",") + `]}` }
	many := make([]string, 51)
	for i := range many {
		many[i] = key(fmt.Sprintf(`,"kid":"%d"`, i))
	}
	tests := map[string]struct {
		set  string
		want int // keys; 0 is an error
	}{
		"One":            {set(key("")), 1},
		"WithAlg":        {set(key(`,"alg":"EdDSA","use":"sig"`)), 1},
		"Fifty":          {set(many[:50]...), 50},
		"FiftyOne":       {set(many...), 0},
		"OtherUse":       {set(key(""), key(`,"use":"enc"`)), 1},
		"OtherAlg":       {set(key(""), key(`,"alg":"HS256"`)), 1},
		"OtherType":      {set(key(""), `{"kty":"AKP","alg":"ML-DSA-44","pub":"AA"}`), 1},
		"OtherCurve":     {set(key(""), `{"kty":"EC","crv":"P-384","x":"AA","y":"AA"}`), 1},
		"OnlyOthers":     {set(key(`,"use":"enc"`)), 0},
		"Private":        {set(key(`,"d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"`)), 0},
		"PrivateNull":    {set(key(`,"d":null`)), 0},
		"Secret":         {set(key(""), `{"kty":"oct","k":"AAAA"}`), 0},
		"Broken":         {set(`{"kty":"OKP","crv":"Ed25519","x":"AA"}`), 0},
		"NoPoint":        {set(`{"kty":"EC","crv":"P-256","x":"AQ","y":"AQ"}`), 0},
		"WeakRSA":        {set(`{"kty":"RSA","n":"AQAB","e":"AQAB"}`), 0},
		"MemberTwice":    {set(key(`,"x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"`)), 0},
		"LongKid":        {set(key(`,"kid":"` + strings.Repeat("k", 129) + `"`)), 0},
		"KeyNull":        {set("null"), 0},
		"Empty":          {`{"keys":[]}`, 0},
		"NoKeys":         {`{}`, 0},
		"Null":           {`null`, 0},
		"NotJSON":        {`<html>`, 0},
		"LargerThanRead": {set(key("")) + strings.Repeat(" ", 256<<10), 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			got, err := jwt.ParseSet([]byte(tt.set))
			if len(got) != tt.want || (err == nil) != (tt.want > 0) {
				t.Errorf("got %d keys and %v, want %d", len(got), err, tt.want)
			}
		})
	}
}
