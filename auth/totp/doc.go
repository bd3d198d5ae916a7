// Package totp is the second factor of authenticator apps: one-time passwords by
// time (RFC 6238) with what every app supports, SHA-1, six digits and steps of 30
// seconds, and recovery codes for the day the phone is lost. It knows nothing of
// accounts and can be used alone:
//
//	secret := totp.NewSecret()
//	uri := totp.URI("Example", "ann@example.org", secret)   // to be shown as QR code
//	...
//	step, ok := totp.Verify(secret, entered, time.Now(), last)
//
// A password is good once. Verify takes the step of the last one that was accepted
// and accepts none of it or before it; whoever stores the step has to do so by one
// conditional update (where last < step), because two requests may have the same
// password at the same time.
package totp
