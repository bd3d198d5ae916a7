package jwt_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/jwt"
)

// TestA4 (security list A-4): each case has one wrong claim, under a valid signature.
func TestA4(t *testing.T) {
	t.Parallel()

	at := func(d time.Duration) int64 { return now.Add(d).Unix() }
	raw := func(s string) json.RawMessage { return json.RawMessage(s) }
	type claims = map[string]any
	tests := map[string]struct {
		change claims
		want   string
	}{
		"Good": {nil, "ok"},

		"ExpLongAgo":         {claims{"exp": at(-61 * time.Second)}, expired},
		"ExpAtTheEdge":       {claims{"exp": at(-30 * time.Second)}, expired},
		"ExpInsideTheSkew":   {claims{"exp": at(-20 * time.Second)}, "ok"},
		"ExpLastSecond":      {claims{"exp": at(-29 * time.Second)}, "ok"},
		"ExpMissing":         {claims{"exp": nil}, refused},
		"ExpNull":            {claims{"exp": raw("null")}, refused},
		"ExpString":          {claims{"exp": "1900000000"}, refused},
		"ExpHuge":            {claims{"exp": raw("1e300")}, refused},
		"ExpBeyondFloat":     {claims{"exp": raw("1e999")}, refused},
		"ExpBeyondInt64":     {claims{"exp": raw("9223372036854775808")}, refused},
		"ExpMilliseconds":    {claims{"exp": now.UnixMilli()}, refused},
		"ExpNegative":        {claims{"exp": -1}, refused},
		"ExpZero":            {claims{"exp": 0}, expired},
		"ExpBool":            {claims{"exp": true}, refused},
		"ExpArray":           {claims{"exp": []int64{at(time.Minute)}}, refused},
		"ExpFraction":        {claims{"exp": float64(at(time.Minute)) + 0.5}, "ok"},
		"ExpiredAndWrongIss": {claims{"exp": at(-time.Hour), "iss": "https://evil.example"}, refused},
		"ExpiredAndWrongAud": {claims{"exp": at(-time.Hour), "aud": "others"}, refused},
		"ExpiredAndNoSub":    {claims{"exp": at(-time.Hour), "sub": nil}, refused},
		"ExpiredAndFuture":   {claims{"exp": at(-time.Hour), "nbf": at(time.Hour)}, refused},

		"NbfFuture":          {claims{"nbf": at(61 * time.Second)}, refused},
		"NbfInsideTheSkew":   {claims{"nbf": at(20 * time.Second)}, "ok"},
		"NbfAtTheEdge":       {claims{"nbf": at(30 * time.Second)}, "ok"},
		"NbfBehindTheEdge":   {claims{"nbf": at(31 * time.Second)}, refused},
		"NbfPast":            {claims{"nbf": at(-time.Hour)}, "ok"},
		"NbfString":          {claims{"nbf": "0"}, refused},
		"NbfNull":            {claims{"nbf": raw("null")}, refused},
		"IatFuture":          {claims{"iat": at(time.Hour)}, refused},
		"IatInsideTheSkew":   {claims{"iat": at(20 * time.Second)}, "ok"},
		"IatMissing":         {claims{"iat": nil}, "ok"},
		"IatString":          {claims{"iat": "0"}, refused},
		"IssWrong":           {claims{"iss": "https://evil.example"}, refused},
		"IssTrailingSlash":   {claims{"iss": issuer + "/"}, refused},
		"IssOtherCase":       {claims{"iss": strings.ToUpper(issuer)}, refused},
		"IssMissing":         {claims{"iss": nil}, refused},
		"IssArray":           {claims{"iss": []string{issuer}}, refused},
		"AudWrong":           {claims{"aud": "others"}, refused},
		"AudPrefix":          {claims{"aud": audience + "-admin"}, refused},
		"AudMissing":         {claims{"aud": nil}, refused},
		"AudEmpty":           {claims{"aud": ""}, refused},
		"AudArray":           {claims{"aud": []string{"others", audience}}, "ok"},
		"AudArrayWithoutUs":  {claims{"aud": []string{"others"}}, refused},
		"AudArrayEmpty":      {claims{"aud": []string{}}, refused},
		"AudArrayMixed":      {claims{"aud": []any{audience, 1}}, refused},
		"AudArrayNested":     {claims{"aud": []any{[]string{audience}}}, refused},
		"AudObject":          {claims{"aud": claims{audience: true}}, refused},
		"SubMissing":         {claims{"sub": nil}, refused},
		"SubEmpty":           {claims{"sub": ""}, refused},
		"SubNumber":          {claims{"sub": 1}, refused},
		"SubNull":            {claims{"sub": raw("null")}, refused},
		"SubNUL":             {claims{"sub": "ada\x00"}, refused},
		"SubLong":            {claims{"sub": strings.Repeat("s", 256)}, refused},
		"SubLongest":         {claims{"sub": strings.Repeat("s", 255)}, "ok"},
		"RoleNumber":         {claims{"role": 1}, refused},
		"RoleNull":           {claims{"role": raw("null")}, refused},
		"RolesNull":          {claims{"roles": raw("null")}, refused},
		"TenantNull":         {claims{"tenant_id": raw("null")}, refused},
		"RolesString":        {claims{"roles": "admin"}, refused},
		"RolesMixed":         {claims{"roles": []any{"admin", 1}}, refused},
		"PermissionsString":  {claims{"permissions": "all"}, refused},
		"TenantNumber":       {claims{"tenant_id": 1}, refused},
		"SessionObject":      {claims{"session_id": claims{"$ne": ""}}, refused},
		"AALNumber":          {claims{"aal": 2}, refused},
		"IsAnonymousString":  {claims{"is_anonymous": "false"}, refused},
		"NestedTooDeep":      {claims{"x": raw(strings.Repeat("[", 17) + strings.Repeat("]", 17))}, refused},
		"OtherClaimsAreFine": {claims{"email": "a@b.example", "amr": []claims{{"method": "otp"}}}, "ok"},
	}
	v := verifier(t)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			token := good()
			token.payload = goodClaims(tt.change)
			if got := outcome(t, v, token.String()); got != tt.want {
				_, err := v.Verify(t.Context(), token.String())
				t.Errorf("outside sees %q, want %q (%v)", got, tt.want, err)
			}
		})
	}
}

// TestA4Payloads: payloads must be objects with unique members.
func TestA4Payloads(t *testing.T) {
	t.Parallel()

	whole := goodClaims(nil)
	tests := map[string]string{
		"SubTwice":       `{"sub":"eve",` + whole[1:],
		"SubTwiceInCode": `{"s\u0075b":"eve",` + whole[1:],
		"ExpTwice":       `{"exp":1,` + whole[1:],
		"InnerTwice":     `{"x":{"a":1,"a":2},` + whole[1:],
		"Array":          `[` + whole + `]`,
		"Null":           `null`,
		"String":         `"x"`,
		"Trailing":       whole + `{}`,
		"Cut":            whole[:len(whole)-1],
		"BOM":            "\ufeff" + whole,
		"NotUTF8":        `{"x":"` + "\xff" + `",` + whole[1:],
		"OtherCase":      strings.Replace(whole, `"sub"`, `"Sub"`, 1),
		"Empty":          "{}",
	}
	v := verifier(t)
	for name, payload := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			token := good()
			token.payload = payload
			if got := outcome(t, v, token.String()); got != refused {
				t.Errorf("outside sees %q, want %q", got, refused)
			}
		})
	}
}

// TestA4Headers: types and critical extensions that are not accepted.
func TestA4Headers(t *testing.T) {
	t.Parallel()

	tests := map[string]struct{ more, strict, untyped string }{
		"AccessToken":     {`,"typ":"at+jwt"`, "ok", "ok"},
		"OtherCase":       {`,"typ":"AT+JWT"`, "ok", "ok"},
		"WholeMediaType":  {`,"typ":"application/at+jwt"`, "ok", "ok"},
		"IDToken":         {`,"typ":"JWT"`, refused, "ok"},
		"Untyped":         {``, refused, "ok"},
		"TypNull":         {`,"typ":null`, refused, "ok"},
		"TypNumber":       {`,"typ":1`, refused, refused},
		"TypEmpty":        {`,"typ":""`, refused, refused},
		"LogoutToken":     {`,"typ":"logout+jwt"`, refused, refused},
		"DPoPProof":       {`,"typ":"dpop+jwt"`, refused, refused},
		"TypWithSpace":    {`,"typ":"at+jwt "`, refused, refused},
		"CritUnknown":     {`,"typ":"at+jwt","crit":["x"],"x":1`, refused, refused},
		"CritEmpty":       {`,"typ":"at+jwt","crit":[]`, refused, refused},
		"CritNull":        {`,"typ":"at+jwt","crit":null`, refused, refused},
		"NestedDuplicate": {`,"typ":"at+jwt","x":{"a":1,"a":1}`, refused, refused},
	}
	strict := verifier(t)
	untyped := verifier(t, func(c *jwt.Config) { c.InsecureUntyped = true })
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			token := good()
			token.header = `{"alg":"HS256","kid":"secret"` + tt.more + `}`
			if got := outcome(t, strict, token.String()); got != tt.strict {
				t.Errorf("outside sees %q, want %q", got, tt.strict)
			}
			if got := outcome(t, untyped, token.String()); got != tt.untyped {
				t.Errorf("with InsecureUntyped outside sees %q, want %q", got, tt.untyped)
			}
		})
	}
}

func TestSkewIsBounded(t *testing.T) {
	t.Parallel()

	token := good()
	token.payload = goodClaims(map[string]any{"exp": now.Add(-59 * time.Second).Unix()})
	wide := verifier(t, func(c *jwt.Config) { c.Skew = time.Minute })
	if got := outcome(t, wide, token.String()); got != "ok" {
		t.Errorf("59 s late with a minute of skew: %s", got)
	}
	narrow := verifier(t, func(c *jwt.Config) { c.Skew = time.Second })
	if got := outcome(t, narrow, token.String()); got != expired {
		t.Errorf("59 s late with a second of skew: %s", got)
	}
	for _, skew := range []time.Duration{time.Minute + 1, -1} {
		_, err := jwt.New(jwt.Config{Audience: audience, Issuer: issuer, Keys: keys(t), Skew: skew})
		if err == nil {
			t.Errorf("a skew of %v was accepted", skew)
		}
	}
}
