package accounts

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/wire"
	"github.com/seed-7694ebf6/plinth/store"
)

// Access says which callers an operation is for.
type Access string

// The callers of operations.
const (
	AccessAnyone  Access = "anyone"
	AccessSession Access = "session" // users with a session
	AccessAdmin   Access = "admin"   // programs with a secret key, and users with PermissionAdmin
)

// Operation describes a route of [Accounts] for a document such as OpenAPI.
type Operation struct {
	// Method and Path are the route. The path is below Config.PublicURL, without a slash in
	// front, and has parameters in braces.
	Method, Path string

	// Name is unique among the operations.
	Name, Summary string

	Access Access

	// Query and Body are structs of the query parameters and of the body's members, nil for
	// none. The tag validate has the rule required. The server ignores other members.
	Query, Body reflect.Type

	// Status is the status of a success. Answers are the types that its body may have, none
	// for an answer without a body.
	Status  int
	Answers []reflect.Type
}

// OperationErrorBody is the type of the body of an error.
var OperationErrorBody = reflect.TypeFor[errorView]()

// Operations returns the operations of the surface. It leaves out the routes that browsers
// come to from a mail or a provider, and those that a standard defines below .well-known.
func Operations() []Operation {
	return slices.Concat(loginOperations, mailOperations, userOperations, factorOperations, apiKeyOperations, adminOperations, roleOperations)
}

// errorView is what problem.Auth writes.
type errorView struct {
	Code         any             `json:"code"` // the status, or error_code with a recent X-Supabase-Api-Version
	ErrorCode    string          `json:"error_code"`
	Msg          string          `json:"msg"`
	Message      string          `json:"message"`
	WeakPassword json.RawMessage `json:"weak_password,omitempty"`
	ErrorID      string          `json:"error_id,omitempty"`
}

// operation makes an Operation with one possible answer, or with none if A is none. Q and B
// are the structs of query and body.
func operation[Q, B, A any](method, path, name, summary string, access Access) Operation {
	op := Operation{Method: method, Path: path, Name: name, Summary: summary, Access: access, Query: given[Q](), Body: given[B](), Status: http.StatusNoContent}
	if answer := given[A](); answer != nil {
		op.Status, op.Answers = http.StatusOK, []reflect.Type{answer}
	}
	return op
}

// none stands for no query, body or answer.
type none struct{ _ int }

// given returns the type, or nil for none.
func given[T any]() reflect.Type {
	if t := reflect.TypeFor[T](); t != reflect.TypeFor[none]() {
		return t
	}
	return nil
}

// or adds another possible answer.
func (op Operation) or(answer reflect.Type) Operation {
	op.Answers = append(op.Answers, answer)
	return op
}

// What several operations have in their query or body, or answer with.
type (
	pagesQuery struct {
		Page    int `json:"page"`
		PerPage int `json:"per_page"`
	}
	redirectQuery struct {
		RedirectTo string `json:"redirect_to"`
	}
	flowBody struct {
		CodeChallenge       string `json:"code_challenge"`
		CodeChallengeMethod string `json:"code_challenge_method"`
	}
	contactBody struct {
		Email   string `json:"email"`
		Phone   string `json:"phone"`
		Channel string `json:"channel"`
	}
	codeBody struct {
		Code string `json:"code" validate:"required"`
	}
	credentialBody struct {
		ChallengeID string         `json:"challenge_id" validate:"required"`
		Credential  map[string]any `json:"credential"   validate:"required"`
	}
	emptyView   struct{}
	messageView struct {
		MessageID *store.ID `json:"message_id,omitempty"` // of a text message
	}
	urlView struct {
		URL string `json:"url"`
	}
)

// loginOperations begin and end sessions, and describe the service.
var loginOperations = []Operation{
	operation[redirectQuery, signUpBody, wire.SessionView](http.MethodPost, "signup", "signUp",
		"Sign up; the answer is the user if the address has to be confirmed first", AccessAnyone).or(reflect.TypeFor[wire.UserView]()),
	operation[tokenQuery, tokenBody, wire.SessionView](http.MethodPost, "token", "token", "Log in, or refresh a session", AccessAnyone),
	operation[logoutQuery, none, none](http.MethodPost, "logout", "logOut", "End sessions", AccessSession),
	operation[authorizeQuery, none, urlView](http.MethodGet, "authorize", "authorize",
		"Begin a login at a provider; without skip_http_redirect=true the answer is a redirect", AccessAnyone),
	operation[none, none, wire.CeremonyView](http.MethodPost, "passkeys/authentication/options", "beginPasskeyLogin", "Begin a login with a passkey", AccessAnyone),
	operation[none, credentialBody, wire.SessionView](http.MethodPost, "passkeys/authentication/verify", "finishPasskeyLogin", "Log in with a passkey", AccessAnyone),
	operation[none, none, settingsView](http.MethodGet, "settings", "settings", "What a login page may offer", AccessAnyone),
	operation[none, none, healthView](http.MethodGet, "health", "health", "Name and version of the service", AccessAnyone),
}

type (
	signUpBody struct {
		contactBody
		flowBody
		Password string         `json:"password"`
		Data     map[string]any `json:"data"`
	}
	tokenQuery struct {
		GrantType string `json:"grant_type" validate:"required,oneof=password refresh_token pkce id_token"`
	}
	tokenBody struct {
		Email           string `json:"email"` // grant_type=password
		Phone           string `json:"phone"`
		Password        string `json:"password"`
		RefreshToken    string `json:"refresh_token"` // grant_type=refresh_token
		AuthCode        string `json:"auth_code"`     // grant_type=pkce
		CodeVerifier    string `json:"code_verifier"`
		Provider        string `json:"provider"` // grant_type=id_token
		IDToken         string `json:"id_token"`
		AccessToken     string `json:"access_token"`
		Nonce           string `json:"nonce"`
		LinkIdentity    bool   `json:"link_identity"`
		CurrentPassword string `json:"current_password"`
	}
	logoutQuery struct {
		Scope string `json:"scope" validate:"omitempty,oneof=global local others"`
	}
	authorizeQuery struct {
		redirectQuery
		flowBody
		Provider         string `json:"provider"           validate:"required"`
		SkipHTTPRedirect string `json:"skip_http_redirect"`
		Scopes           string `json:"scopes"`
		LoginHint        string `json:"login_hint"`
		Prompt           string `json:"prompt"`
	}
	settingsView struct {
		External          map[string]bool `json:"external"`
		DisableSignup     bool            `json:"disable_signup"`
		MailerAutoconfirm bool            `json:"mailer_autoconfirm"`
		PhoneAutoconfirm  bool            `json:"phone_autoconfirm"`
		SMSProvider       string          `json:"sms_provider"`
		SAMLEnabled       bool            `json:"saml_enabled"`
	}
	healthView struct {
		Name        string `json:"name"`
		Version     string `json:"version"`
		Description string `json:"description"`
	}
)

// mailOperations send codes and take them.
var mailOperations = []Operation{
	operation[redirectQuery, otpBody, messageView](http.MethodPost, "otp", "sendCode", "Log in by a mail or a text message", AccessAnyone),
	operation[redirectQuery, magicLinkBody, emptyView](http.MethodPost, "magiclink", "sendMagicLink", "Log in by a mail", AccessAnyone),
	operation[redirectQuery, recoverBody, emptyView](http.MethodPost, "recover", "recover", "Send a mail to reset the password", AccessAnyone),
	operation[redirectQuery, resendBody, messageView](http.MethodPost, "resend", "resend", "Send a code again", AccessAnyone),
	operation[none, none, messageView](http.MethodGet, "reauthenticate", "reauthenticate", "Send a code that proves who changes an account", AccessSession),
	operation[redirectQuery, verifyBody, wire.SessionView](http.MethodPost, "verify", "verify",
		"Log in or confirm by a code; the answer has no session while another address has to agree", AccessAnyone).or(reflect.TypeFor[halfAgreedView]()),
}

type (
	otpBody struct {
		contactBody
		flowBody
		CreateUser *bool          `json:"create_user"`
		Data       map[string]any `json:"data"`
	}
	magicLinkBody struct {
		flowBody
		Email string         `json:"email" validate:"required"`
		Data  map[string]any `json:"data"`
	}
	recoverBody struct {
		flowBody
		Email string `json:"email" validate:"required"`
	}
	resendBody struct {
		contactBody
		flowBody
		Type string `json:"type" validate:"required,oneof=signup email_change sms phone_change"`
	}
	verifyBody struct {
		Type      string `json:"type"       validate:"required"`
		Token     string `json:"token"`
		TokenHash string `json:"token_hash"`
		Email     string `json:"email"`
		Phone     string `json:"phone"`
	}
	halfAgreedView struct {
		Msg  string `json:"msg"`
		Code string `json:"code"`
	}
)

// userOperations are about the account of the caller.
var userOperations = []Operation{
	operation[none, none, wire.UserView](http.MethodGet, "user", "getUser", "The account of the caller", AccessSession),
	operation[redirectQuery, changeBody, wire.UserView](http.MethodPut, "user", "changeUser", "Change address, password or metadata", AccessSession),
	operation[none, none, sessionsView](http.MethodGet, "user/sessions", "listSessions", "The sessions of the caller", AccessSession),
	operation[none, none, none](http.MethodDelete, "user/sessions/{id}", "endSession", "End a session of the caller", AccessSession),
	operation[linkQuery, none, urlView](http.MethodGet, "user/identities/authorize", "linkIdentity",
		"Link an identity of a provider; without skip_http_redirect=true the answer is a redirect", AccessSession),
	operation[nonceQuery, none, emptyView](http.MethodDelete, "user/identities/{identity}", "unlinkIdentity", "Remove an identity", AccessSession),
}

type (
	changeBody struct {
		contactBody
		flowBody
		Password        string         `json:"password"`
		CurrentPassword string         `json:"current_password"`
		Nonce           string         `json:"nonce"`
		Data            map[string]any `json:"data"`
	}
	nonceQuery struct {
		Nonce string `json:"nonce"`
	}
	linkQuery struct {
		authorizeQuery
		nonceQuery
	}
	sessionsView struct {
		Sessions []wire.DeviceView `json:"sessions"`
	}
)
