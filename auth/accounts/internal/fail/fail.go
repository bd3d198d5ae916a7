// Package fail holds the errors of accounts, with their codes on the wire.
package fail

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/seed-7694ebf6/plinth/auth/password"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
)

// ErrEscalation is the error for admins who would grant rights that they do not have, or change
// the account of a user with such rights.
var ErrEscalation = New(problem.AuthNotAdmin, "This needs roles or permissions that you do not have")

// Failure is an error as clients of this surface know it: a code, a status with it,
// and a text.
type Failure struct {
	Code, text string
}

// Error returns code and text.
func (f *Failure) Error() string { return "accounts: " + f.Code + ": " + f.text }

// Problem returns the code of the failure on the wire.
func (f *Failure) Problem() string { return f.Code }

// ProblemText returns the text for clients.
func (f *Failure) ProblemText() (message, details, hint string) { return f.text, "", "" }

// New returns an error with a code on the wire and a text for clients.
func New(code, format string, args ...any) error {
	return &Failure{code, fmt.Sprintf(format, args...)}
}

var (
	ErrCredentials      = New("invalid_credentials", "Invalid login credentials")
	ErrNotConfirmed     = New("email_not_confirmed", "Email not confirmed")
	ErrBanned           = New("user_banned", "User is banned")
	ErrRefreshUnknown   = New("refresh_token_not_found", "Invalid Refresh Token: Refresh Token Not Found")
	ErrRefreshUsed      = New("refresh_token_already_used", "Invalid Refresh Token: Already Used")
	ErrSessionExpired   = New("session_expired", "Invalid Refresh Token: Session Expired")
	ErrSignupClosed     = New("signup_disabled", "Signups not allowed for this instance")
	ErrUserExists       = New("user_already_exists", "User already registered")
	ErrSessionUnknown   = New(problem.AuthSessionNotFound, "Session from session_id claim in JWT does not exist")
	ErrKeyRefused       = New("no_authorization", "This endpoint requires a session; API keys are not taken here")
	ErrNoAnonymous      = New("anonymous_provider_disabled", "Anonymous sign-ins are disabled")
	ErrNoMailer         = New(problem.AuthNoMail, "This server sends no mail")
	ErrWrongCode        = New("mfa_verification_failed", "Invalid code entered")
	ErrWrongTOTP        = New("mfa_verification_failed", "Invalid TOTP code entered")
	ErrNoSAML           = New(problem.AuthSAMLDisabled, "SAML 2.0 is disabled")
	ErrNoWeb3           = New(problem.AuthWeb3Disabled, "Web3 provider is disabled")
	ErrAnonymousFactor  = New("no_authorization", "Anonymous user not allowed to perform these actions")
	ErrNoPasskeys       = New(problem.AuthPasskeyDisabled, "Passkeys are disabled")
	ErrChallengeExpired = New("mfa_challenge_expired", "The challenge has expired or belongs to another factor, begin a new one")
	ErrNoPhone          = New(problem.AuthValidation, "Invalid phone number format (E.164 required)")
	ErrNoSMS            = New(problem.AuthNoSMS, "This server sends no text messages")
	ErrNoChannel        = New(problem.AuthValidation, "Invalid channel, supported is sms")
	ErrBothContacts     = New(problem.AuthValidation, "Only an email address or phone number should be provided")
	ErrNoEmail          = New(problem.AuthValidation, "Unable to validate email address: invalid format")
	ErrOTP              = New(problem.AuthOTPExpired, "Token has expired or is invalid")
	ErrNonce            = New(problem.AuthReauthenticateFailed, "Verify called with a nonce that is not valid")
)

// OrElse returns the first error there is.
func OrElse(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// ErrNoFlow is the error for a PKCE code that is unknown, used or expired.
var ErrNoFlow = &problem.Error{Code: problem.AuthFlowNotFound}

var (
	ErrRoleUnknown = New(problem.AuthRoleNotFound, "Role not found")
	ErrRoleExists  = New(problem.AuthRoleExists, "A role with this name exists")
)

// ErrSealed is the error for a secret that none of the master keys has encrypted.
var ErrSealed = errors.New("accounts: a secret cannot be decrypted: it was encrypted with another MasterKey, or changed")

// ErrUserUnknown is the error for an id of no account.
var ErrUserUnknown = New(problem.AuthUserNotFound, "User not found")

// Weak gives a password that may not be chosen the form that clients know.
func Weak(err error) error {
	w, ok := errors.AsType[*password.WeakError](err)
	if !ok {
		return err
	}
	text, _, _ := w.ProblemText()
	details, err := strictjson.Encode(map[string]any{"message": text, "reasons": w.Reasons})
	if err != nil {
		return err
	}
	return &problem.Error{Code: problem.AuthWeakPassword, Message: text, DetailsJSON: json.RawMessage(details)}
}
