package accounts

import (
	"fmt"

	"github.com/seed-7694ebf6/plinth/internal/problem"
)

// failure is an error as clients of this surface know it: a code, a status with it,
// and a text.
type failure struct {
	code, text string
}

// Error returns code and text.
func (f *failure) Error() string { return "accounts: " + f.code + ": " + f.text }

// Problem returns the code of the failure on the wire.
func (f *failure) Problem() string { return f.code }

// ProblemText returns the text for clients.
func (f *failure) ProblemText() (message, details, hint string) { return f.text, "", "" }

func failf(code, format string, args ...any) error {
	return &failure{code, fmt.Sprintf(format, args...)}
}

var (
	errCredentials      = failf("invalid_credentials", "Invalid login credentials")
	errNotConfirmed     = failf("email_not_confirmed", "Email not confirmed")
	errBanned           = failf("user_banned", "User is banned")
	errRefreshUnknown   = failf("refresh_token_not_found", "Invalid Refresh Token: Refresh Token Not Found")
	errRefreshUsed      = failf("refresh_token_already_used", "Invalid Refresh Token: Already Used")
	errSessionExpired   = failf("session_expired", "Invalid Refresh Token: Session Expired")
	errSignupClosed     = failf("signup_disabled", "Signups not allowed for this instance")
	errUserExists       = failf("user_already_exists", "User already registered")
	errSessionUnknown   = failf(problem.AuthSessionNotFound, "Session from session_id claim in JWT does not exist")
	errKeyRefused       = failf("no_authorization", "This endpoint requires a session; API keys are not taken here")
	errNoAnonymous      = failf("anonymous_provider_disabled", "Anonymous sign-ins are disabled")
	errNoMailer         = failf(problem.AuthNoMail, "This server sends no mail")
	errWrongCode        = failf("mfa_verification_failed", "Invalid code entered")
	errWrongTOTP        = failf("mfa_verification_failed", "Invalid TOTP code entered")
	errNoSAML           = failf(problem.AuthSAMLDisabled, "SAML 2.0 is disabled")
	errNoWeb3           = failf(problem.AuthWeb3Disabled, "Web3 provider is disabled")
	errAnonymousFactor  = failf("no_authorization", "Anonymous user not allowed to perform these actions")
	errNoPasskeys       = failf(problem.AuthPasskeyDisabled, "Passkeys are disabled")
	errChallengeExpired = failf("mfa_challenge_expired", "The challenge has expired or belongs to another factor, begin a new one")
	errNoPhone          = failf(problem.AuthValidation, "Invalid phone number format (E.164 required)")
	errNoSMS            = failf(problem.AuthNoSMS, "This server sends no text messages")
	errNoChannel        = failf(problem.AuthValidation, "Invalid channel, supported is sms")
	errBothContacts     = failf(problem.AuthValidation, "Only an email address or phone number should be provided")
	errNoEmail          = failf(problem.AuthValidation, "Unable to validate email address: invalid format")
	errOTP              = failf(problem.AuthOTPExpired, "Token has expired or is invalid")
	errNonce            = failf(problem.AuthReauthenticateFailed, "Verify called with a nonce that is not valid")
)
