package jwt_test

import (
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/auth/jwt"
)

// TestA3 (security list A-3): only tokens with the right header and signature are accepted.
func TestA3(t *testing.T) {
	t.Parallel()

	p := privates()
	der, err := x509.MarshalPKIXPublicKey(&p.rsa.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	publicPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	nothing := func(string) []byte { return nil }
	header := func(s string) func(f *forged) { return func(f *forged) { f.header = s } }
	signed := func(head string, sign func(string) []byte) string {
		return forged{head, goodClaims(nil), sign}.String()
	}
	parts := strings.Split(good().String(), ".")
	bob := good()
	bob.payload = goodClaims(map[string]any{"sub": "bob"})
	other := strings.Split(bob.String(), ".")
	change := func(do func(*forged)) string { f := good(); do(&f); return f.String() }

	tests := map[string]struct{ token, want string }{
		"GoodHS256": {good().String(), "ok"},
		"GoodRS256": {signed(`{"alg":"RS256","kid":"rsa","typ":"at+jwt"}`, rs256(p.rsa)), "ok"},
		"GoodES256": {signed(`{"alg":"ES256","kid":"ecdsa","typ":"at+jwt"}`, es256(p.ecdsa)), "ok"},
		"GoodEdDSA": {signed(`{"alg":"EdDSA","kid":"ed","typ":"at+jwt"}`, eddsa(p.ed)), "ok"},

		"AlgNone":                {signed(`{"alg":"none","typ":"at+jwt"}`, nothing), refused},
		"AlgNoneWithKid":         {signed(`{"alg":"none","kid":"rsa","typ":"at+jwt"}`, nothing), refused},
		"AlgNoneCapital":         {signed(`{"alg":"None","kid":"rsa","typ":"at+jwt"}`, nothing), refused},
		"AlgNoneSigned":          {change(header(`{"alg":"none","kid":"secret","typ":"at+jwt"}`)), refused},
		"AlgNoneWithoutLastDot":  {parts[0] + "." + parts[1], refused},
		"AlgMissing":             {change(header(`{"kid":"secret","typ":"at+jwt"}`)), refused},
		"AlgNull":                {change(header(`{"alg":null,"kid":"secret","typ":"at+jwt"}`)), refused},
		"AlgArray":               {change(header(`{"alg":["HS256"],"kid":"secret","typ":"at+jwt"}`)), refused},
		"AlgLowerCase":           {change(header(`{"alg":"hs256","kid":"secret","typ":"at+jwt"}`)), refused},
		"HS256WithRSAPublicPEM":  {signed(`{"alg":"HS256","kid":"rsa","typ":"at+jwt"}`, hs256(publicPEM)), refused},
		"HS256WithRSAPublicDER":  {signed(`{"alg":"HS256","kid":"rsa","typ":"at+jwt"}`, hs256(der)), refused},
		"HS256WithModulus":       {signed(`{"alg":"HS256","kid":"rsa","typ":"at+jwt"}`, hs256(p.rsa.N.Bytes())), refused},
		"HS256WithClientSecret":  {signed(`{"alg":"HS256","kid":"secret","typ":"at+jwt"}`, hs256([]byte("client-secret"))), refused},
		"HS256WithEmptySecret":   {signed(`{"alg":"HS256","kid":"secret","typ":"at+jwt"}`, hs256(nil)), refused},
		"HS512":                  {change(header(`{"alg":"HS512","kid":"secret","typ":"at+jwt"}`)), refused},
		"PS256UnderRSAKid":       {signed(`{"alg":"PS256","kid":"rsa","typ":"at+jwt"}`, rs256(p.rsa)), refused},
		"RS256UnknownKey":        {signed(`{"alg":"RS256","kid":"rsa","typ":"at+jwt"}`, rs256(p.other)), refused},
		"RS256UnknownKid":        {signed(`{"alg":"RS256","kid":"other","typ":"at+jwt"}`, rs256(p.other)), refused},
		"ES256UnderRSAKid":       {signed(`{"alg":"ES256","kid":"rsa","typ":"at+jwt"}`, es256(p.ecdsa)), refused},
		"RS256UnderES256Kid":     {signed(`{"alg":"RS256","kid":"ecdsa","typ":"at+jwt"}`, rs256(p.rsa)), refused},
		"ES256SignatureOfZeroes": {signed(`{"alg":"ES256","kid":"ecdsa","typ":"at+jwt"}`, func(string) []byte { return make([]byte, 64) }), refused},
		"EmptySignature":         {parts[0] + "." + parts[1] + ".", refused},
		"EmptyPayload":           {parts[0] + ".." + parts[2], refused},
		"SignatureOfAnother":     {parts[0] + "." + parts[1] + "." + other[2], refused},
		"PayloadOfAnother":       {parts[0] + "." + other[1] + "." + parts[2], refused},
		"SignatureCut":           {good().String()[:len(good().String())-4], refused},

		"KidMissing":      {change(header(`{"alg":"HS256","typ":"at+jwt"}`)), refused},
		"KidEmpty":        {change(header(`{"alg":"HS256","kid":"","typ":"at+jwt"}`)), refused},
		"KidNumber":       {change(header(`{"alg":"HS256","kid":0,"typ":"at+jwt"}`)), refused},
		"KidNull":         {change(header(`{"alg":"HS256","kid":null,"typ":"at+jwt"}`)), refused},
		"KidPath":         {change(header(`{"alg":"HS256","kid":"../../dev/null","typ":"at+jwt"}`)), refused},
		"KidSQL":          {change(header(`{"alg":"HS256","kid":"x' union select 'y","typ":"at+jwt"}`)), refused},
		"KidLong":         {change(header(`{"alg":"HS256","kid":"` + strings.Repeat("k", 129) + `","typ":"at+jwt"}`)), refused},
		"KidTwice":        {change(header(`{"alg":"HS256","kid":"rsa","kid":"secret","typ":"at+jwt"}`)), refused},
		"KidTwiceEscaped": {change(header(`{"alg":"HS256","kid":"rsa","k\u0069d":"secret","typ":"at+jwt"}`)), refused},
		"AlgTwice":        {change(header(`{"alg":"none","alg":"HS256","kid":"secret","typ":"at+jwt"}`)), refused},
		"HeaderArray":     {change(header(`[]`)), refused},
		"HeaderNull":      {change(header(`null`)), refused},
		"HeaderTrailing":  {change(header(`{"alg":"HS256","kid":"secret","typ":"at+jwt"}{}`)), refused},
		"HeaderNotUTF8":   {change(header("{\"alg\":\"HS256\",\"kid\":\"secret\",\"typ\":\"at+jwt\",\"x\":\"\xff\"}")), refused},

		"OwnKeyInJWK":     {signed(`{"alg":"RS256","kid":"rsa","typ":"at+jwt","jwk":`+jwk(t, p.other.Public())+`}`, rs256(p.other)), refused},
		"GoodWithJWK":     {change(header(`{"alg":"HS256","kid":"secret","typ":"at+jwt","jwk":` + jwk(t, p.rsa.Public()) + `}`)), refused},
		"GoodWithJKU":     {change(header(`{"alg":"HS256","kid":"secret","typ":"at+jwt","jku":"https://evil.example"}`)), refused},
		"GoodWithX5U":     {change(header(`{"alg":"HS256","kid":"secret","typ":"at+jwt","x5u":"https://evil.example"}`)), refused},
		"GoodWithX5C":     {change(header(`{"alg":"HS256","kid":"secret","typ":"at+jwt","x5c":[]}`)), refused},
		"GoodWithZip":     {change(header(`{"alg":"HS256","kid":"secret","typ":"at+jwt","zip":"DEF"}`)), refused},
		"GoodWithB64":     {change(header(`{"alg":"HS256","kid":"secret","typ":"at+jwt","b64":false,"crit":["b64"]}`)), refused},
		"GoodWithB64Only": {change(header(`{"alg":"HS256","kid":"secret","typ":"at+jwt","b64":true}`)), refused},
		"GoodWithMore":    {change(header(`{"alg":"HS256","kid":"secret","typ":"at+jwt","x5t":"abc"}`)), "ok"},

		"PaddedBase64":   {parts[0] + "." + parts[1] + "." + parts[2] + "=", refused},
		"StandardBase64": {parts[0] + "." + parts[1] + "." + strings.Repeat("+", 43), refused},
		"LineBreak":      {parts[0] + "." + parts[1] + "." + parts[2][:4] + "\n" + parts[2][4:], refused},
		"SecondSpelling": {parts[0] + "." + parts[1] + "." + nextSpelling(parts[2]), refused},
		"Space":          {" " + good().String(), refused},
		"Empty":          {"", refused},
		"Dots":           {"..", refused},
		"JSONForm":       {`{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`, refused},
	}
	v := verifier(t)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			if got := outcome(t, v, tt.token); got != tt.want {
				_, err := v.Verify(t.Context(), tt.token)
				t.Errorf("outside sees %q, want %q (%v)", got, tt.want, err)
			}
		})
	}
}

// jwk returns a public key as a header would carry it.
func jwk(t *testing.T, public any) string {
	t.Helper()
	key, err := jwt.PublicKey("x", public)
	if err != nil {
		t.Fatal(err)
	}
	set, err := jwt.Set(key)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(strings.TrimPrefix(string(set), `{"keys":[`), `]}`)
}

// nextSpelling changes the last character of 43 base64url characters, four of
// whose bits carry nothing, so that a lenient decoder reads the same 32 bytes.
func nextSpelling(s string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, s[len(s)-1])
	return s[:len(s)-1] + alphabet[last+1:last+2]
}

// TestTokenWithoutKid: a token without a kid is verified by a single key, or by the one
// without an id, with its algorithm.
func TestTokenWithoutKid(t *testing.T) {
	t.Parallel()

	p := privates()
	nameless, err := jwt.SecretKey("", p.secret)
	if err != nil {
		t.Fatal(err)
	}
	other, err := jwt.SecretKey("secret", p.secret)
	if err != nil {
		t.Fatal(err)
	}
	named, err := jwt.PrivateKey("rsa", p.rsa)
	if err != nil {
		t.Fatal(err)
	}
	hs := forged{`{"alg":"HS256","typ":"at+jwt"}`, goodClaims(nil), hs256(p.secret)}.String()
	rs := forged{`{"alg":"RS256","typ":"at+jwt"}`, goodClaims(nil), rs256(p.rsa)}.String()
	tests := []struct {
		name   string
		keys   []jwt.Key
		hs, rs string
	}{
		{"OneNamelessKey", []jwt.Key{nameless}, "ok", refused},
		{"OneNamedKey", []jwt.Key{named}, refused, "ok"},
		{"TwoNamedKeys", []jwt.Key{named, other}, refused, refused},
		{"NamedAndNameless", []jwt.Key{named, nameless}, "ok", refused},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			v := verifier(t, func(c *jwt.Config) { c.Keys = tt.keys })
			if got := outcome(t, v, hs); got != tt.hs {
				t.Errorf("HS256 token: %s, want %s", got, tt.hs)
			}
			if got := outcome(t, v, rs); got != tt.rs {
				t.Errorf("RS256 token: %s, want %s", got, tt.rs)
			}
		})
	}
}
