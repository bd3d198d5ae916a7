// Package variables finds the values of the variables that rules name: those of the
// caller, of the request and of the time.
package variables

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/canon"
)

// The variables of a caller, and the time of the request.
const (
	ID      = "principal.id"
	Subject = "principal.subject"
	Tenant  = "principal.tenant"
	Session = "principal.session"
	Roles   = "principal.roles"
	Now     = "now()"

	claims = "principal.claims."
	header = "request.header."
	query  = "request.query."
)

// listSeparator stands between the values of a variable that is a list.
const listSeparator = "\x00"

// credentials are the headers that an authenticator reads. Rules learn of them what the
// principal holds.
var credentials = []string{"authorization", "proxy-authorization", "cookie", "apikey"}

// absent are the headers that net/http takes out of a request.
var absent = []string{"host", "transfer-encoding", "trailer"}

// Known reports whether a rule may name the variable.
func Known(name string) bool {
	switch name {
	case ID, Subject, Tenant, Session, Roles, Now:
		return true
	}
	return OfClaims(name) || OfRequest(name)
}

// OfClaims reports whether the variable is a claim.
func OfClaims(name string) bool {
	return strings.HasPrefix(name, claims) && len(name) > len(claims)
}

// OfRequest reports whether the variable is a header or a query parameter that rules may
// read.
func OfRequest(name string) bool {
	if field, ok := strings.CutPrefix(name, header); ok {
		return isName(field) && !slices.Contains(credentials, field) && !slices.Contains(absent, field)
	}
	return isName(Parameter(name))
}

// isName reports whether a name is of lower-case letters, digits, "-" and "_", and begins
// with a letter.
func isName(name string) bool {
	for i, c := range []byte(name) {
		if (c < 'a' || c > 'z') && (i == 0 || (c < '0' || c > '9') && c != '-' && c != '_') {
			return false
		}
	}
	return name != ""
}

// Parameter returns the query parameter that a variable names, or "".
func Parameter(name string) string {
	parameter, ok := strings.CutPrefix(name, query)
	if !ok {
		return ""
	}
	return parameter
}

// Request is what rules read of a request. The zero Request has no values.
type Request struct {
	At     time.Time
	Header http.Header
	Query  string // as it stands in the URL

	// Any is set where there is no request: every variable of a request may have a value.
	Any bool
}

// Value returns the value of a variable for a caller, and whether it has one.
func (r *Request) Value(p *auth.Principal, name string) (string, bool) {
	var value string
	switch name {
	case ID:
		value = p.ID
	case Subject:
		value = p.Subject
	case Tenant:
		value = p.Tenant
	case Session:
		value = p.Session
	case Roles:
		return joinList(p.Roles)
	case Now:
		return r.now()
	default:
		if claim, ok := strings.CutPrefix(name, claims); ok {
			return claimText(findClaim(p.Claims, claim))
		}
		return r.sent(name)
	}
	return value, value != "" && !strings.Contains(value, listSeparator)
}

func (r *Request) now() (string, bool) {
	at := r.At
	if at.IsZero() {
		at = time.Now()
	}
	return string(canon.AppendTimestamp(nil, at)), true
}

// sent returns the one value of a header or query parameter. Several are none.
func (r *Request) sent(name string) (string, bool) {
	if r.Any {
		return "any", true
	}
	var values []string
	if field, ok := strings.CutPrefix(name, header); ok {
		values = r.Header.Values(field)
	} else {
		values = parameters(r.Query, Parameter(name))
	}
	if len(values) != 1 {
		return "", false
	}
	return values[0], values[0] != "" && !strings.Contains(values[0], listSeparator)
}

// parameters returns the values of a query parameter.
func parameters(rawQuery, name string) (values []string) {
	for pair := range strings.SplitSeq(rawQuery, "&") {
		key, value, _ := strings.Cut(pair, "=")
		if key, err := url.QueryUnescape(key); err != nil || key != name {
			continue
		}
		if value, err := url.QueryUnescape(value); err == nil {
			values = append(values, value)
		}
	}
	return values
}

// Take takes the named parameters out of a query string.
func Take(rawQuery string, names []string) (rest, taken string) {
	var others, found []string
	for pair := range strings.SplitSeq(rawQuery, "&") {
		key, _, _ := strings.Cut(pair, "=")
		if key, err := url.QueryUnescape(key); err == nil && slices.Contains(names, key) {
			found = append(found, pair)
			continue
		}
		others = append(others, pair)
	}
	return strings.Join(others, "&"), strings.Join(found, "&")
}

// findClaim looks a claim up by its whole name first, as names may be URLs, and
// then by the parts between dots. It returns nil where there is none.
func findClaim(claims map[string]any, name string) any {
	if v, ok := claims[name]; ok {
		return v
	}
	for i := range len(name) {
		if name[i] != '.' {
			continue
		}
		if inner, ok := claims[name[:i]].(map[string]any); ok {
			return findClaim(inner, name[i+1:])
		}
	}
	return nil
}

// claimText returns a claim as text. Objects and null are no values.
func claimText(v any) (string, bool) {
	list, ok := v.([]any)
	if !ok {
		text, ok := scalarText(v)
		return text, ok && text != ""
	}
	texts := make([]string, 0, len(list))
	for _, item := range list {
		text, ok := scalarText(item)
		if !ok {
			return "", false
		}
		texts = append(texts, text)
	}
	return joinList(texts)
}

func scalarText(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, !strings.Contains(v, listSeparator)
	case json.Number:
		return v.String(), true
	case bool:
		if v {
			return "true", true
		}
		return "false", true
	}
	return "", false
}

// joinList joins the values of a list. One that holds the separator would read
// as two, so the list is no value then.
func joinList(list []string) (string, bool) {
	for _, s := range list {
		if strings.Contains(s, listSeparator) {
			return "", false
		}
	}
	text := strings.Join(list, listSeparator)
	return text, text != ""
}
