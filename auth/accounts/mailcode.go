package accounts

import (
	"strings"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
)

// locale is the language of a mail: what the user has asked for, and otherwise what
// the browser asks for first.
func (x *exchange) locale(u *data.User) string {
	if u != nil && u.Locale() != "" {
		return u.Locale()
	}
	first, _, _ := strings.Cut(x.r.Header.Get("Accept-Language"), ",")
	first, _, _ = strings.Cut(first, ";")
	return data.LanguageTag(strings.TrimSpace(first))
}
