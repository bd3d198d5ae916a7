package totp

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

const (
	// Period is the length of a step.
	Period = 30 * time.Second

	// Digits is the number of digits of a password.
	Digits = 6

	// Skew is the number of accepted steps before and after the current one, for clocks that
	// differ and for the time it takes to type.
	Skew = 1

	// SecretSize is the number of bytes of a new secret (RFC 4226 section 4, R6).
	SecretSize = 20

	// minSecret is the least RFC 4226 allows.
	minSecret = 16
)

// NewSecret returns a new secret.
func NewSecret() []byte {
	secret := make([]byte, SecretSize)
	rand.Read(secret) // never fails
	return secret
}

// Step returns the number of the step a time is in.
func Step(t time.Time) int64 { return t.Unix() / int64(Period/time.Second) }

// Code returns the password of a step.
func Code(secret []byte, step int64) string {
	mac := hmac.New(sha1.New, secret)
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], uint64(step))
	mac.Write(counter[:])
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 0xf // RFC 4226 section 5.3
	n := binary.BigEndian.Uint32(sum[at:]) & 0x7fffffff
	return fmt.Sprintf("%0*d", Digits, n%1_000_000)
}

// Verify reports whether a password is valid at a time, and returns its step. last is the step
// of the last accepted password, or 0: passwords of that step and earlier ones are rejected.
// Spaces in the password are ignored, since apps show some.
func Verify(secret []byte, code string, now time.Time, last int64) (step int64, ok bool) {
	code = strings.ReplaceAll(code, " ", "")
	current := Step(now)
	// Every step is compared, so that the response time does not reveal the step.
	for s := current - Skew; s <= current+Skew; s++ {
		same := subtle.ConstantTimeCompare([]byte(Code(secret, s)), []byte(code)) == 1
		if same && s > last && !ok {
			step, ok = s, true
		}
	}
	return step, ok && len(secret) >= minSecret
}

var encoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// EncodeSecret returns a secret as people can type it into an app: base32 without
// padding.
func EncodeSecret(secret []byte) string { return encoding.EncodeToString(secret) }

// DecodeSecret reads what [EncodeSecret] writes, in either case and with spaces.
func DecodeSecret(text string) ([]byte, error) {
	text = strings.ToUpper(strings.ReplaceAll(text, " ", ""))
	secret, err := encoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil || len(secret) < minSecret {
		return nil, errors.New("totp: the secret must be at least 16 bytes in base32")
	}
	return secret, nil
}

// URI returns the URI that authenticator apps read from a QR code. The issuer is the name of
// the application. The account distinguishes the user's accounts. Colons, which separate the
// two, become spaces.
func URI(issuer, account string, secret []byte) string {
	clean := strings.NewReplacer(":", " ").Replace
	issuer, account = clean(issuer), clean(account)
	query := url.Values{
		"secret": {EncodeSecret(secret)}, "issuer": {issuer}, "algorithm": {"SHA1"},
		"digits": {fmt.Sprint(Digits)}, "period": {fmt.Sprint(int(Period / time.Second))},
	}
	label := url.PathEscape(issuer) + ":" + url.PathEscape(account)
	// Apps read a plus sign as such.
	return "otpauth://totp/" + label + "?" + strings.ReplaceAll(query.Encode(), "+", "%20")
}
