package auth

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"
)

// Kind says what sort of caller a [Principal] is.
type Kind uint8

// The kinds of callers. The zero Kind is Anonymous.
const (
	// Anonymous is a caller without credentials, or with a publishable key only.
	Anonymous Kind = iota

	// User is a caller with a token or a session.
	User

	// Service is a program of the application's owner, identified by a secret key.
	Service
)

// String returns the name of the kind in lower case.
func (k Kind) String() string {
	switch k {
	case Anonymous:
		return "anonymous"
	case User:
		return "user"
	case Service:
		return "service"
	}
	return fmt.Sprintf("auth.Kind(%d)", uint8(k))
}

// Principal is the caller of a request. The zero value is the anonymous caller.
//
// A Principal taken from a context is shared: its slices and its map must not be
// changed. Printed or logged it shows no claims.
type Principal struct {
	// Kind is what sort of caller this is.
	Kind Kind

	// ID is the caller's stable identifier in this application: what owner
	// columns hold. Empty for the anonymous caller.
	ID string

	// Issuer names the authority that issues Subject: the iss claim of a token.
	Issuer string

	// Subject is the identifier the Issuer uses. It is unique within one Issuer
	// only.
	Subject string

	// Roles are the names of the roles held.
	Roles []string

	// Permissions are the names of the permissions held, beyond what roles imply.
	Permissions []string

	// Tenant is the tenant the caller acts in. Empty when there is none.
	Tenant string

	// Session identifies the session the credential belongs to. Empty when the
	// credential belongs to none.
	Session string

	// AAL is the authenticator assurance level, 1 to 3 (NIST SP 800-63B). 0
	// means that it is unknown.
	AAL int

	// IsAnonymous marks a User without an account: it has an ID and a session but
	// has never presented a factor. Rules for members must not admit such users;
	// see [Principal.SignedIn]. Limits on concurrent work count them by IP address.
	IsAnonymous bool

	// CountedAs is the ID to which limits count the caller, if not to ID. It names the
	// owner of an API key that does not act for its owner. So a user with many keys
	// has the limits of one caller. Rules do not see it.
	CountedAs string

	// Claims are the claims of the token as it came, numbers as json.Number.
	// Nil when there was no token.
	Claims map[string]any

	// Expires is when the credential stops to hold. Long-lived connections end
	// then. The zero time means never.
	Expires time.Time

	proven map[string]any
}

// IsZero reports whether nothing is known of the caller: an anonymous one without an ID,
// roles, claims or anything else.
func (p *Principal) IsZero() bool {
	return p.Kind == Anonymous && p.ID == "" && p.Issuer == "" && p.Subject == "" &&
		len(p.Roles) == 0 && len(p.Permissions) == 0 && p.Tenant == "" && p.Session == "" && p.CountedAs == "" &&
		p.AAL == 0 && !p.IsAnonymous && len(p.Claims) == 0 && p.Expires.IsZero()
}

// SignedIn reports whether the caller is a user with an account. It is false for the
// anonymous caller, for users with IsAnonymous and for services.
func (p Principal) SignedIn() bool { return p.Kind == User && !p.IsAnonymous }

// Counted returns the name by which limits count the caller: CountedAs, else ID. It is
// empty for the anonymous caller: its ID may be that of a publishable key. Limits then
// use the IP address.
func (p Principal) Counted() string {
	if p.Kind == Anonymous {
		return ""
	}
	return cmp.Or(p.CountedAs, p.ID)
}

// HasRole reports whether the caller holds the role of that exact name.
func (p Principal) HasRole(name string) bool { return slices.Contains(p.Roles, name) }

// HasPermission reports whether the caller holds the permission of that exact
// name.
func (p Principal) HasPermission(name string) bool { return slices.Contains(p.Permissions, name) }

// String returns kind and ID, for messages and logs.
func (p Principal) String() string {
	if p.ID == "" {
		return p.Kind.String()
	}
	return p.Kind.String() + " " + p.ID
}

// Format prints what [Principal.String] returns for every verb, so that no
// formatting of a Principal or of a struct holding one spills its claims.
func (p Principal) Format(state fmt.State, _ rune) { _, _ = state.Write([]byte(p.String())) }

// LogValue implements [slog.LogValuer]. Claims and session are left out: they
// hold personal data and a handle on the session.
func (p Principal) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("kind", p.Kind.String())}
	for _, field := range []struct{ key, value string }{
		{"id", p.ID}, {"issuer", p.Issuer}, {"tenant", p.Tenant},
	} {
		if field.value != "" {
			attrs = append(attrs, slog.String(field.key, field.value))
		}
	}
	if p.AAL > 0 {
		attrs = append(attrs, slog.Int("aal", p.AAL))
	}
	return slog.GroupValue(attrs...)
}

type principalKey struct{}

// WithPrincipal returns a context in which p is the caller. It replaces any
// caller ctx already has.
func WithPrincipal(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// FromContext returns the caller in ctx, or the zero Principal when there is
// none.
func FromContext(ctx context.Context) Principal {
	p, _ := ctx.Value(principalKey{}).(Principal)
	return p
}
