package oidc

import (
	"crypto/subtle"
	"encoding/json"
	"net/url"
	"strings"

	"github.com/seed-7694ebf6/plinth/auth"
)

const (
	maxAuthCode = 4 << 10
	maxIss      = 1 << 10
	maxUser     = 4 << 10
)

// callback is what the browser brings back (RFC 6749 section 4.1.2).
type callback struct {
	code string
	iss  string
	name string // Apple's
}

// checkState makes sure that an answer is the one to a login.
func checkState(flow auth.Flow, values url.Values) error {
	for _, name := range []string{"code", "error", "error_description", "iss", "state", "user"} {
		if len(values[name]) > 1 {
			return refuse(name + " comes more than once")
		}
	}
	if !same(values.Get("state"), flow.State) {
		return refuse("state is not that of the login")
	}
	return nil
}

// readCallback checks that the answer to a login comes from the expected provider and has a
// code. An answer with an error is an [AnswerError].
func (c *Config) readCallback(m *metadata, flow auth.Flow, values url.Values) (callback, error) {
	if err := c.checkIss(m, values); err != nil {
		return callback{}, err
	}
	code, failed := values.Get("code"), values.Get("error")
	switch {
	case code != "" && failed != "":
		return callback{}, refuse("code and error come together")
	case failed != "":
		return callback{}, newAnswerError(failed, values.Get("error_description"), flow.Verifier, flow.Nonce)
	case code == "" || len(code) > maxAuthCode:
		return callback{}, refuse("there is no code")
	}
	out := callback{code: code, iss: values.Get("iss")}
	if c.preset.formName {
		out.name = formName(values.Get("user"))
	}
	return out, nil
}

// checkIss compares the issuer of an answer (RFC 9207 section 2.4). Where there are
// several, that of the ID token is compared later.
func (c *Config) checkIss(m *metadata, values url.Values) error {
	iss, sent := values.Get("iss"), values.Has("iss")
	switch {
	case !sent && m.sendsIss:
		return refuse("iss is missing")
	case !sent:
		return nil
	case len(iss) > maxIss:
		return refuse("iss is too long")
	}
	before, after, several := strings.Cut(m.issuer, tenantID)
	if several {
		rest, ok := strings.CutPrefix(iss, before)
		if tenant, found := strings.CutSuffix(rest, after); ok && found && c.admits(tenant) {
			return nil
		}
	} else if iss == m.issuer {
		return nil
	}
	return refuse("iss is not the provider that was asked")
}

// formName reads the name that Apple sends beside the code.
func formName(raw string) string {
	var user struct {
		Name struct {
			First string `json:"firstName"`
			Last  string `json:"lastName"`
		} `json:"name"`
	}
	if raw == "" || len(raw) > maxUser || json.Unmarshal([]byte(raw), &user) != nil {
		return ""
	}
	return plainText(strings.TrimSpace(user.Name.First + " " + user.Name.Last))
}

// same compares secrets in constant time. An empty one is equal to nothing.
func same(got, want string) bool {
	return want != "" && subtle.ConstantTimeCompare([]byte(got), []byte(want)) == 1
}
