package api

import (
	"encoding/json"
	"strings"

	"github.com/seed-7694ebf6/plinth/auth"
)

// The variables of a caller, as rules name them.
const (
	varID      = "principal.id"
	varSubject = "principal.subject"
	varTenant  = "principal.tenant"
	varSession = "principal.session"
	varRoles   = "principal.roles"
	varClaims  = "principal.claims."
)

// knownVariable reports whether a rule may name the variable.
func knownVariable(name string) bool {
	switch name {
	case varID, varSubject, varTenant, varSession, varRoles:
		return true
	}
	claim, ok := strings.CutPrefix(name, varClaims)
	return ok && claim != ""
}

// listSeparator stands between the values of a variable that is a list.
const listSeparator = "\x00"

// variable returns the value of a variable, and whether the caller has one.
func variable(p *auth.Principal, name string) (string, bool) {
	var value string
	switch name {
	case varID:
		value = p.ID
	case varSubject:
		value = p.Subject
	case varTenant:
		value = p.Tenant
	case varSession:
		value = p.Session
	case varRoles:
		return joinList(p.Roles)
	default:
		claim, ok := strings.CutPrefix(name, varClaims)
		if !ok {
			return "", false
		}
		return claimText(findClaim(p.Claims, claim))
	}
	return value, value != "" && !strings.Contains(value, listSeparator)
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
