package totp_test

import (
	"encoding/xml"
	"io"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/totp"
)

// rfc6238 is the secret of RFC 6238 appendix B for SHA-1.
var rfc6238 = []byte("12345678901234567890")

func TestCode(t *testing.T) {
	t.Parallel()
	// Appendix B has eight digits; six are the last of them.
	for at, want := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471",
		1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		if got := totp.Code(rfc6238, totp.Step(time.Unix(at, 0))); got != want {
			t.Errorf("at %d: %s, want %s", at, got, want)
		}
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 0)
	current := totp.Step(now)
	code := func(step int64) string { return totp.Code(rfc6238, step) }
	tests := []struct {
		name, code string
		last       int64
		step       int64 // 0: refused
	}{
		{"this step", code(current), 0, current},
		{"with a space", code(current)[:3] + " " + code(current)[3:], 0, current},
		{"the step before", code(current - 1), 0, current - 1},
		{"the step after", code(current + 1), 0, current + 1},
		{"two steps before", code(current - 2), 0, 0},
		{"two steps after", code(current + 2), 0, 0},
		{"accepted before", code(current), current, 0},
		{"before the accepted one", code(current - 1), current, 0},
		{"behind the accepted one", code(current + 1), current, current + 1},
		{"empty", "", 0, 0},
		{"too short", code(current)[:5], 0, 0},
		{"too long", code(current) + "0", 0, 0},
		{"other digits", "１２３４５６", 0, 0},
	}
	for _, tt := range tests {
		step, ok := totp.Verify(rfc6238, tt.code, now, tt.last)
		if ok != (tt.step != 0) || step != tt.step {
			t.Errorf("%s: step %d, %v; want %d", tt.name, step, ok, tt.step)
		}
	}
	if _, ok := totp.Verify(nil, totp.Code(nil, current), now, 0); ok {
		t.Error("an empty secret verifies")
	}
}

func TestSecret(t *testing.T) {
	t.Parallel()
	secret := totp.NewSecret()
	if len(secret) != totp.SecretSize || string(secret) == string(totp.NewSecret()) {
		t.Errorf("secret %x", secret)
	}
	text := totp.EncodeSecret(secret)
	for _, typed := range []string{text, strings.ToLower(text), text[:4] + " " + text[4:]} {
		if got, err := totp.DecodeSecret(typed); err != nil || string(got) != string(secret) {
			t.Errorf("%q: %x, %v", typed, got, err)
		}
	}
	for _, wrong := range []string{"", "ABC", "!!!!", totp.EncodeSecret(secret[:15])} {
		if _, err := totp.DecodeSecret(wrong); err == nil {
			t.Errorf("%q is read", wrong)
		}
	}
}

func TestURI(t *testing.T) {
	t.Parallel()
	text := totp.URI("Ex: ample & Söhne", "ann+1@example.org", rfc6238)
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if u.Scheme != "otpauth" || u.Host != "totp" || u.Path != "/Ex  ample & Söhne:ann+1@example.org" {
		t.Errorf("%s: path %q", text, u.Path)
	}
	q := u.Query()
	for name, want := range map[string]string{
		"secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "issuer": "Ex  ample & Söhne", "algorithm": "SHA1", "digits": "6", "period": "30",
	} {
		if q.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, q.Get(name), want)
		}
	}
	if strings.Contains(u.RawQuery, "+") {
		t.Errorf("a plus sign in %s", u.RawQuery)
	}
}

func TestSVG(t *testing.T) {
	t.Parallel()
	image, err := totp.SVG(totp.URI("Example", "ann@example.org", rfc6238))
	if err != nil {
		t.Fatal(err)
	}
	for d := xml.NewDecoder(strings.NewReader(image)); ; {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("%v in %s", err, image)
		}
	}
	// The finder pattern in the corner: a row of seven modules behind the quiet
	// zone, and below it one, five white, one.
	for _, run := range []string{"M4 4h7v1h-7z", "M4 5h1v1h-1z", "M10 5h1v1h-1z"} {
		if !strings.Contains(image, run) {
			t.Errorf("no %s in %s", run, image)
		}
	}
	// supabase-js writes "data:image/svg+xml;utf-8," before it, where these mean
	// something.
	if strings.ContainsAny(image, "#%") {
		t.Errorf("cannot stand in a data URL: %s", image)
	}
	if _, err := totp.SVG(strings.Repeat("x", 10_000)); err == nil {
		t.Error("a text too long for a QR code is drawn")
	}
}

func TestRecoveryCodes(t *testing.T) {
	t.Parallel()
	codes := totp.NewRecoveryCodes(totp.RecoveryCodes)
	seen := map[[32]byte]bool{}
	for _, code := range codes {
		if len(code) != 29 {
			t.Errorf("code %q", code)
		}
		hash, ok := totp.HashRecoveryCode(code)
		if !ok || seen[hash] {
			t.Errorf("%q: %v, seen %v", code, ok, seen[hash])
		}
		seen[hash] = true
		for _, typed := range []string{strings.ToLower(code), strings.ReplaceAll(code, "-", ""), " " + strings.ReplaceAll(code, "-", " ")} {
			if again, ok := totp.HashRecoveryCode(typed); !ok || again != hash {
				t.Errorf("%q is not read as %q", typed, code)
			}
		}
	}
	if len(seen) != totp.RecoveryCodes {
		t.Errorf("%d codes", len(seen))
	}
	for _, wrong := range []string{"", "ABCD", codes[0][:28], codes[0] + "A"} {
		if _, ok := totp.HashRecoveryCode(wrong); ok {
			t.Errorf("%q is read", wrong)
		}
	}
}

func FuzzVerify(f *testing.F) {
	f.Add([]byte("12345678901234567890"), "287082", int64(59), int64(0))
	f.Fuzz(func(t *testing.T, secret []byte, code string, at, last int64) {
		at %= 1 << 40
		step, ok := totp.Verify(secret, code, time.Unix(at, 0), last)
		if !ok {
			return
		}
		if step <= last || totp.Code(secret, step) != strings.ReplaceAll(code, " ", "") {
			t.Errorf("step %d after %d for %q", step, last, code)
		}
		if _, again := totp.Verify(secret, code, time.Unix(at, 0), step); again && totp.Code(secret, step+1) != totp.Code(secret, step) {
			t.Errorf("%q is accepted twice", code)
		}
	})
}

func FuzzHashRecoveryCode(f *testing.F) {
	f.Add("ABCD-EFGH-IJKL-MNOP-QRST-UVWX")
	f.Fuzz(func(t *testing.T, code string) {
		hash, ok := totp.HashRecoveryCode(code)
		if !ok {
			return
		}
		if again, ok := totp.HashRecoveryCode(strings.ToLower(code)); !ok || again != hash {
			t.Errorf("%q in lower case is another code", code)
		}
	})
}
