package problem

import (
	"encoding/json"
	"log/slog"
	"net/http"
)

// Auth is the dialect of the auth surface, GoTrue's. A client that names a version of
// the API by a header gets it echoed and finds the code as a string in code; one that
// does not finds the status there, as older clients want it, and the code in
// error_code. The text stands in both places where clients look for it.
type Auth struct{}

// apiVersion is the header by which clients name the version of the API, and the one
// since which code is a string.
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

// authCode translates codes that other packages give.
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

// AuthText says an error in the words of the auth surface where there is no body for
// them, because a browser is sent on. It logs what Write would.
func AuthText(r *http.Request, err error, logger *slog.Logger) (code, text string) {
	v := judge(r, err, true)
	report(r, err, v, logger)
	code = authCode(v)
	return code, authMessage(code, v)
}

// invalidJWT is how the text about a bad token begins. Clients compare it.
const invalidJWT = "invalid JWT: unable to parse or verify signature"

// authMessage returns the text for a code in the words that clients know.
func authMessage(code string, v verdict) string {
	switch {
	case code != AuthBadJWT:
		return v.message
	case v.code == BadClaims:
		return invalidJWT + ", " + v.message
	}
	return invalidJWT
}
