package problem

import (
	"encoding/json"
	"log/slog"
	"net/http"
)

// Auth is GoTrue's error format, of the auth surface. If the client's API version is
// apiVersion or later, code is the code as a string. Otherwise code is the status, as older
// clients expect. The member error_code is always the code, and the text is in both members
// in which clients look for it.
type Auth struct{}

// apiVersionHeader is the header with the client's API version. apiVersion is the first
// version in which code is a string.
const (
	apiVersionHeader = "X-Supabase-Api-Version"
	apiVersion       = "2024-01-01"
)

type authBody struct {
	Code         any             `json:"code"`
	ErrorCode    string          `json:"error_code"`
	Msg          string          `json:"msg"`
	Message      string          `json:"message"`
	WeakPassword json.RawMessage `json:"weak_password,omitempty"`
	ErrorID      string          `json:"error_id,omitempty"`
}

func (Auth) render(h http.Header, r *http.Request, v verdict) (mediaType string, body []byte) {
	b := authBody{Code: v.status, ErrorCode: authCode(v)}
	b.Message = authMessage(b.ErrorCode, v)
	b.Msg = b.Message
	if r.Header.Get(apiVersionHeader) >= apiVersion {
		h.Set(apiVersionHeader, apiVersion)
		b.Code = b.ErrorCode
	}
	if b.ErrorCode == AuthWeakPassword {
		b.WeakPassword = v.details
	}
	if v.status >= http.StatusInternalServerError {
		b.ErrorID = RequestID(r.Context())
	}
	h.Set("X-Sb-Error-Code", b.ErrorCode)
	return "application/json; charset=utf-8", encode(b)
}

// authCode translates codes of other packages.
func authCode(v verdict) string {
	if _, own := authTable[v.code]; own {
		return v.code
	}
	switch {
	case v.code == BadToken || v.code == BadClaims:
		return AuthBadJWT
	case v.code == CrossOrigin:
		return AuthCrossOrigin
	case v.code == BadBody:
		return AuthBadJSON
	case v.status == http.StatusUnauthorized:
		return AuthNoAuthorization
	case v.status == http.StatusForbidden:
		return AuthNotAdmin
	case v.status == http.StatusNotFound:
		return AuthNotFound
	case v.status == http.StatusConflict:
		return AuthConflict
	case v.status == http.StatusTooManyRequests:
		return AuthOverLimit
	case v.status >= http.StatusInternalServerError:
		return AuthUnexpected
	}
	return AuthValidation
}

// AuthText returns the code and the text of an error for a redirect, which has no body. It
// logs what Write would.
func AuthText(r *http.Request, err error, logger *slog.Logger) (code, text string) {
	v := judge(r, err, true)
	report(r, err, v, logger)
	code = authCode(v)
	return code, authMessage(code, v)
}

// invalidJWT is the start of the text about an invalid token. Clients compare it.
const invalidJWT = "invalid JWT: unable to parse or verify signature"

// authMessage returns the text for a code that clients know.
func authMessage(code string, v verdict) string {
	switch {
	case code != AuthBadJWT:
		return v.message
	case v.code == BadClaims:
		return invalidJWT + ", " + v.message
	}
	return invalidJWT
}
