package totp_test

import (
	"fmt"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/totp"
)

func ExampleVerify() {
	secret := []byte("12345678901234567890") // from totp.NewSecret, stored with the account
	now := time.Unix(59, 0)

	step, ok := totp.Verify(secret, "287082", now, 0)
	fmt.Println(step, ok)

	// The same password again: store the step, and it is refused.
	_, ok = totp.Verify(secret, "287082", now, step)
	fmt.Println(ok)
	// Output:
	// 1 true
	// false
}

func ExampleNewRecoveryCodes() {
	codes := totp.NewRecoveryCodes(2)
	hash, ok := totp.HashRecoveryCode(codes[0])
	fmt.Println(len(codes), len(hash), ok)
	// Output: 2 32 true
}

func ExampleNewSecret() {
	secret := totp.NewSecret()
	image, err := totp.SVG(totp.URI("Example", "ann@example.org", secret))
	fmt.Println(len(secret), image[:4], err)
	// Output: 20 <svg <nil>
}
