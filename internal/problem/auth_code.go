package problem

import "net/http"

// Codes of the auth surface, GoTrue's. Clients branch on them.
const (
	AuthAnonymousDisabled    = "anonymous_provider_disabled"
	AuthBadCodeVerifier      = "bad_code_verifier"
	AuthBadJSON              = "bad_json"
	AuthBadJWT               = "bad_jwt"
	AuthBadOAuthCallback     = "bad_oauth_callback"
	AuthBadOAuthState        = "bad_oauth_state"
	AuthConflict             = "conflict"
	AuthCrossOrigin          = "cross_origin_request"
	AuthEmailExists          = "email_exists"
	AuthEmailNotConfirmed    = "email_not_confirmed"
	AuthFlowNotFound         = "flow_state_not_found"
	AuthIdentityExists       = "identity_already_exists"
	AuthIdentityNotFound     = "identity_not_found"
	AuthInsufficientAAL      = "insufficient_aal"
	AuthInvalidCredentials   = "invalid_credentials"
	AuthLinkingDisabled      = "manual_linking_disabled"
	AuthMFAChallengeExpired  = "mfa_challenge_expired"
	AuthMFAFactorNotFound    = "mfa_factor_not_found"
	AuthMFAPhoneDisabled     = "mfa_phone_enroll_not_enabled"
	AuthMFAPhoneExists       = "mfa_verified_factor_exists"
	AuthMFAPhoneVerify       = "mfa_phone_verify_not_enabled"
	AuthMFARecoverySole      = "mfa_recovery_codes_sole_factor"
	AuthMFAWebAuthnDisabled  = "mfa_webauthn_enroll_not_enabled"
	AuthMFANameConflict      = "mfa_factor_name_conflict"
	AuthMFATooMany           = "too_many_enrolled_mfa_factors"
	AuthMFAFailed            = "mfa_verification_failed"
	AuthNoMail               = "email_provider_disabled"
	AuthNoSMS                = "phone_provider_disabled"
	AuthNoAuthorization      = "no_authorization"
	AuthNotAdmin             = "not_admin"
	AuthNotFound             = "not_found"
	AuthOTPExpired           = "otp_expired"
	AuthOverEmailLimit       = "over_email_send_rate_limit"
	AuthOverSMSLimit         = "over_sms_send_rate_limit"
	AuthOverLimit            = "over_request_rate_limit"
	AuthPasskeyDisabled      = "passkey_disabled"
	AuthPhoneExists          = "phone_exists"
	AuthPhoneNotConfirmed    = "phone_not_confirmed"
	AuthRefused              = "refused_by_application"
	AuthReauthenticate       = "reauthentication_needed"
	AuthReauthenticateFailed = "reauthentication_not_valid"
	AuthRefreshNotFound      = "refresh_token_not_found"
	AuthRefreshUsed          = "refresh_token_already_used"
	AuthRoleExists           = "role_already_exists"
	AuthRoleNotFound         = "role_not_found"
	AuthSAMLDisabled         = "saml_provider_disabled"
	AuthSamePassword         = "same_password"
	AuthSessionExpired       = "session_expired"
	AuthTooManyKeys          = "too_many_api_keys"
	AuthSessionNotFound      = "session_not_found"
	AuthSignupDisabled       = "signup_disabled"
	AuthSingleIdentity       = "single_identity_not_deletable"
	AuthTooManyPasskeys      = "too_many_passkeys"
	AuthUnexpected           = "unexpected_failure"
	AuthUserBanned           = "user_banned"
	AuthUserExists           = "user_already_exists"
	AuthUserNotFound         = "user_not_found"
	AuthValidation           = "validation_failed"
	AuthWebAuthnExists       = "webauthn_credential_exists"
	AuthWebAuthnFailed       = "webauthn_verification_failed"
	AuthWebAuthnNoChallenge  = "webauthn_challenge_not_found"
	AuthWebAuthnNotFound     = "webauthn_credential_not_found"
	AuthWeakPassword         = "weak_password"
	AuthWeb3Disabled         = "web3_provider_disabled"
)

// authTable maps the auth surface's codes to statuses and default texts.
var authTable = map[string]entry{
	AuthAnonymousDisabled:    {http.StatusUnprocessableEntity, "Anonymous sign-ins are disabled"},
	AuthBadCodeVerifier:      {http.StatusBadRequest, "code challenge does not match previously saved code verifier"},
	AuthBadJSON:              {http.StatusBadRequest, "Could not read request body"},
	AuthBadJWT:               {http.StatusUnauthorized, invalidJWT},
	AuthBadOAuthCallback:     {http.StatusBadRequest, "The provider's answer cannot be used."},
	AuthBadOAuthState:        {http.StatusBadRequest, "OAuth state is missing, wrong or has expired"},
	AuthConflict:             {http.StatusConflict, "The account was changed by another request at the same time."},
	AuthCrossOrigin:          {http.StatusForbidden, "The request comes from a page of another origin"},
	AuthEmailExists:          {http.StatusUnprocessableEntity, "A user with this email address has already been registered"},
	AuthEmailNotConfirmed:    {http.StatusBadRequest, "Email not confirmed"},
	AuthFlowNotFound:         {http.StatusNotFound, "invalid flow state, no valid flow state found"},
	AuthIdentityExists:       {http.StatusUnprocessableEntity, "Identity is already linked"},
	AuthIdentityNotFound:     {http.StatusNotFound, "Identity doesn't exist"},
	AuthInsufficientAAL:      {http.StatusUnauthorized, "AAL2 session is required"},
	AuthInvalidCredentials:   {http.StatusBadRequest, "Invalid login credentials"},
	AuthLinkingDisabled:      {http.StatusNotFound, "Manual linking is disabled"},
	AuthMFAChallengeExpired:  {http.StatusUnprocessableEntity, "The challenge has expired, begin with a new one"},
	AuthMFAFactorNotFound:    {http.StatusNotFound, "Factor not found"},
	AuthMFAPhoneDisabled:     {http.StatusUnprocessableEntity, "MFA enroll is disabled for Phone"},
	AuthMFAPhoneExists:       {http.StatusUnprocessableEntity, "A verified phone factor already exists, unenroll the existing factor to continue"},
	AuthMFAPhoneVerify:       {http.StatusUnprocessableEntity, "MFA verify is disabled for Phone"},
	AuthMFARecoverySole:      {http.StatusUnprocessableEntity, "Recovery codes cannot be the only verified factor"},
	AuthMFAWebAuthnDisabled:  {http.StatusUnprocessableEntity, "MFA enroll is disabled for WebAuthn"},
	AuthMFANameConflict:      {http.StatusUnprocessableEntity, "A factor with this friendly name exists"},
	AuthMFATooMany:           {http.StatusUnprocessableEntity, "Maximum number of factors reached, unenroll to continue"},
	AuthMFAFailed:            {http.StatusUnprocessableEntity, "Invalid code entered"},
	AuthNoSMS:                {http.StatusBadRequest, "This server sends no text messages"},
	AuthNoAuthorization:      {http.StatusUnauthorized, "This endpoint requires a Bearer token"},
	AuthNoMail:               {http.StatusUnprocessableEntity, "This server sends no mail"},
	AuthNotAdmin:             {http.StatusForbidden, "User not allowed"},
	AuthNotFound:             {http.StatusNotFound, "There is nothing at this address."},
	AuthOTPExpired:           {http.StatusForbidden, "Token has expired or is invalid"},
	AuthOverEmailLimit:       {http.StatusTooManyRequests, "Too many mails were asked for; wait a while"},
	AuthOverSMSLimit:         {http.StatusTooManyRequests, "Too many text messages were asked for; wait a while"},
	AuthOverLimit:            {http.StatusTooManyRequests, "Too many requests; wait a while"},
	AuthPasskeyDisabled:      {http.StatusNotFound, "Passkeys are disabled"},
	AuthPhoneExists:          {http.StatusUnprocessableEntity, "A user with this phone number has already been registered"},
	AuthPhoneNotConfirmed:    {http.StatusBadRequest, "Phone not confirmed"},
	AuthRefused:              {http.StatusForbidden, "The application has refused this"},
	AuthReauthenticate:       {http.StatusBadRequest, "Password update requires reauthentication"},
	AuthReauthenticateFailed: {http.StatusUnprocessableEntity, "Verify called with a nonce that is not valid"},
	AuthRefreshNotFound:      {http.StatusBadRequest, "Invalid Refresh Token: Refresh Token Not Found"},
	AuthRefreshUsed:          {http.StatusBadRequest, "Invalid Refresh Token: Already Used"},
	AuthRoleExists:           {http.StatusUnprocessableEntity, "A role with this name exists"},
	AuthRoleNotFound:         {http.StatusNotFound, "Role not found"},
	AuthSAMLDisabled:         {http.StatusNotFound, "SAML 2.0 is disabled"},
	AuthSamePassword:         {http.StatusUnprocessableEntity, "New password should be different from the old password."},
	AuthSessionExpired:       {http.StatusBadRequest, "Invalid Refresh Token: Session Expired"},
	AuthTooManyKeys:          {http.StatusUnprocessableEntity, "There are too many API keys"},
	AuthSessionNotFound:      {http.StatusForbidden, "Session from session_id claim in JWT does not exist"},
	AuthSignupDisabled:       {http.StatusUnprocessableEntity, "Signups not allowed for this instance"},
	AuthSingleIdentity:       {http.StatusUnprocessableEntity, "User must have at least 1 identity after unlinking"},
	AuthTooManyPasskeys:      {http.StatusUnprocessableEntity, "Maximum number of passkeys reached"},
	AuthUnexpected:           {http.StatusInternalServerError, genericMessage},
	AuthUserBanned:           {http.StatusBadRequest, "User is banned"},
	AuthUserExists:           {http.StatusUnprocessableEntity, "User already registered"},
	AuthUserNotFound:         {http.StatusNotFound, "User not found"},
	AuthValidation:           {http.StatusBadRequest, "The request is not valid."},
	AuthWebAuthnExists:       {http.StatusUnprocessableEntity, "This credential is already registered"},
	AuthWebAuthnFailed:       {http.StatusBadRequest, "Credential verification failed"},
	AuthWebAuthnNoChallenge:  {http.StatusBadRequest, "Challenge not found or already used"},
	AuthWebAuthnNotFound:     {http.StatusNotFound, "Passkey not found"},
	AuthWeakPassword:         {http.StatusUnprocessableEntity, "Password is too weak"},
	AuthWeb3Disabled:         {http.StatusUnprocessableEntity, "Web3 provider is disabled"},
}
