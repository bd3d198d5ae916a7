// Package totp implements the second factor of authenticator apps: time-based one-time
// passwords (RFC 6238) with the parameters that every app supports, SHA-1, six digits and steps
// of 30 seconds. It also makes recovery codes for a lost phone. It can be used without package
// accounts:
//
//	secret := totp.NewSecret()
//	uri := totp.URI("Example", "ann@example.org", secret)   // to be shown as QR code
//	...
//	step, ok := totp.Verify(secret, entered, time.Now(), last)
//
// A password can be used once. Verify takes the step of the last accepted password and rejects
// that step and earlier ones. Store the new step by one conditional update (where last < step),
// because two requests may have the same password at the same time.
package totp
